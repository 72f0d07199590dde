"""Folder layout of a project; no other module knows it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """Paths of one checkout; DVC pins only what is under `data/`."""

    root: Path = Path()

    @property
    def params(self) -> Path:
        """params.yaml: all decisions."""
        return self.root / "params.yaml"

    @property
    def contracts(self) -> Path:
        """Folder of contracts: one pandera schema per raw table."""
        return self.root / "contracts"

    @property
    def scratch(self) -> Path:
        """Scratch folder, never pinned or committed: locks, DuckDB spill files, crash logs."""
        return self.root / ".lockstep"

    @property
    def source(self) -> Path:
        """Output of `simulate`: the shop's database."""
        return self.root / "data" / "source"

    @property
    def raw(self) -> Path:
        """Output of `ingest`."""
        return self.root / "data" / "raw"

    @property
    def processed(self) -> Path:
        """Output of `process`."""
        return self.root / "data" / "processed"

    @property
    def features(self) -> Path:
        """Output of `features`."""
        return self.root / "data" / "features"

    @property
    def search(self) -> Path:
        """Output of `tune`: best_params.json and trials.csv."""
        return self.root / "data" / "models" / "search"

    @property
    def model(self) -> Path:
        """Output of `train`: the model's files and signature.json with their digests."""
        return self.root / "data" / "models" / "model"

    @property
    def evaluation(self) -> Path:
        """Output of `evaluate`: predictions, curves, evaluation.json."""
        return self.root / "data" / "reports" / "evaluation"

    @property
    def metrics(self) -> Path:
        """A few metrics of the test split, in git."""
        return self.root / "data" / "reports" / "metrics.json"

    @property
    def drift(self) -> Path:
        """Output of `drift`: features.csv and detail.json."""
        return self.root / "data" / "reports" / "drift"

    @property
    def drift_verdict(self) -> Path:
        """The drift verdict, in git."""
        return self.root / "data" / "reports" / "drift.json"

    @property
    def report(self) -> Path:
        """Output of `report`: report.html, card.html, card.md, report.json."""
        return self.root / "data" / "reports" / "report"
