"""Where things lie: the one place that knows the folder layout under a project's root."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """Paths of one checkout; everything that DVC pins lies under `data/`."""

    root: Path = Path()

    @property
    def params(self) -> Path:
        """The file that holds every decision."""
        return self.root / "params.yaml"

    @property
    def contracts(self) -> Path:
        """One pandera schema per raw table."""
        return self.root / "contracts"

    @property
    def scratch(self) -> Path:
        """Never pinned, never committed: locks, spill files of DuckDB, crash logs."""
        return self.root / ".lockstep"

    @property
    def source(self) -> Path:
        """Result of `simulate`: the shop's database."""
        return self.root / "data" / "source"

    @property
    def raw(self) -> Path:
        """Result of `ingest`."""
        return self.root / "data" / "raw"

    @property
    def processed(self) -> Path:
        """Result of `process`."""
        return self.root / "data" / "processed"

    @property
    def features(self) -> Path:
        """Result of `features`."""
        return self.root / "data" / "features"

    @property
    def search(self) -> Path:
        """Result of `tune`: best_params.json and trials.csv."""
        return self.root / "data" / "models" / "search"

    @property
    def model(self) -> Path:
        """Result of `train`: the model's files and signature.json with their digests."""
        return self.root / "data" / "models" / "model"

    @property
    def evaluation(self) -> Path:
        """Result of `evaluate`: predictions, curves, evaluation.json."""
        return self.root / "data" / "reports" / "evaluation"

    @property
    def metrics(self) -> Path:
        """Few, short metrics of the test split, in git."""
        return self.root / "data" / "reports" / "metrics.json"

    @property
    def drift(self) -> Path:
        """Result of `drift`: one row a feature, histograms, details."""
        return self.root / "data" / "reports" / "drift"

    @property
    def drift_verdict(self) -> Path:
        """The verdict on the current snapshot, in git."""
        return self.root / "data" / "reports" / "drift.json"

    @property
    def report(self) -> Path:
        """Result of `report`: report.html and report.json."""
        return self.root / "data" / "reports" / "report"
