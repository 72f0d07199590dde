"""Stage `report`: a self-contained page with the same facts as report.json."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from lockstep.artifacts.evaluation import Evaluation
from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError
from lockstep.core.files import read_json
from lockstep.core.progress import Progress
from lockstep.core.spec import load
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.card import CardSpec
from lockstep.pipeline.drift import stage as drift
from lockstep.pipeline.report import stage as report
from tests.integration.evaluated_workspace import build, contents, run_cli, run_evaluate, write_params, write_tables
from tests.unit.evaluation.samples import DROP, SCRIPT

TASKS = ["binary", "multiclass", "regression"]
SECTIONS = [
    "verdict",
    "data",
    "features",
    "search",
    "model",
    "evaluation",
    "decision",
    "explanation",
    "drift",
    "reproduce",
]


class Page(HTMLParser):
    """Elements with their attributes, ids, and all text outside <style>."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self._skip = False
        self.feed(html)

    def handle_starttag(self, tag: Any, attrs: Any) -> None:
        self._skip = tag == "style"
        self.elements.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, _: object) -> None:
        self._skip = False

    def handle_data(self, data: Any) -> None:
        if not self._skip:
            self.texts.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(text for text in self.texts if text)


def run_report(workspace: Workspace) -> None:
    report.run(load(report.Inputs, workspace.params), workspace, Progress("report"))


def html_of(workspace: Workspace) -> str:
    return (workspace.report / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=TASKS)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = build(tmp_path_factory.mktemp(request.param), request.param, events=request.param != "multiclass")
    write_tables(workspace)
    run_evaluate(workspace)
    drift.run(load(drift.Inputs, workspace.params), workspace, Progress("drift"))
    run_report(workspace)
    return workspace


@pytest.fixture
def bare(tmp_path: Path) -> Workspace:
    """Only evaluated: no tables, no search, no drift."""
    workspace = build(tmp_path, "binary")
    run_evaluate(workspace)
    shutil.rmtree(workspace.search)
    return workspace


def test_the_page_is_self_contained(done: Workspace) -> None:
    """No URL, no file, no script: it is complete in a mail program and on a closed network."""
    html = html_of(done)
    page = Page(html)
    assert not {"script", "link", "iframe", "object", "embed", "img", "base"} & {tag for tag, _ in page.elements}
    assert "http://" not in html
    assert "https://" not in html
    assert "@import" not in html
    assert not re.findall(r"url\((?!#)", html)
    for _, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("href", "src", "xlink:href", "action", "srcset"):
                assert value.startswith("#")


def test_page_and_card_say_which_features_have_no_leakage_check(done: Workspace) -> None:
    page, card = Page(html_of(done)).text, (done.report / "card.md").read_text(encoding="utf-8")
    if FeatureSchema.read(done.features).cutoff is None:  # nothing is made of events: no limit either
        assert "a flat table has no cutoffs" in page
        assert "event times that are too early" not in card
    else:
        assert "spend and 1 more: no recency feature holds the time of the last event" in " ".join(page.split())
        assert "event times that are too early" in card


def test_a_leakage_alarm_is_on_the_page_and_in_the_limits_of_the_card(bare: Workspace) -> None:
    found = Evaluation.read(bare.evaluation)
    alarmed = found.explanation.model_copy(update={"alarms": (f"{SCRIPT} owes 93% of its importance",)})
    text = found.model_copy(update={"explanation": alarmed}).model_dump_json()
    (bare.evaluation / "evaluation.json").write_text(text, encoding="utf-8")
    run_report(bare)
    assert "Possible leakage. <script>alert(1)</script> owes 93%" in Page(html_of(bare)).text
    assert "Possible leakage: &lt;script&gt;alert(1)&lt;/script&gt; owes 93%" in (bare.report / "card.md").read_text()


def test_every_id_is_unique_and_every_reference_resolves(done: Workspace) -> None:
    html = html_of(done)
    page = Page(html)
    assert len(set(page.ids)) == len(page.ids)
    referred = [a["href"][1:] for _, a in page.elements if "href" in a]
    referred += [a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a]
    referred += re.findall(r"url\(#([^)]*)\)", html)
    assert set(referred) <= set(page.ids)


def test_every_section_is_present_and_every_figure_has_a_text_alternative(done: Workspace) -> None:
    page = Page(html_of(done))
    assert [a["id"] for tag, a in page.elements if tag == "section"] == SECTIONS
    figures = [a for tag, a in page.elements if tag == "svg"]
    assert figures
    assert all(a["role"] == "img" and a["aria-label"] for a in figures)


def test_hostile_names_are_shown_escaped(done: Workspace) -> None:
    html = html_of(done)
    assert "<script" not in html.lower()
    assert "<b>" not in re.sub(r'<b style="left: [\d.]+%"></b>', "", html)
    page = Page(html)
    assert f"churn of {SCRIPT}" in page.text  # the name of the problem
    assert "Columns of orders" in page.text
    for name in (SCRIPT, DROP, "$b_c$", "isin(['<b>'])"):
        assert name in page.text


def test_page_and_json_have_the_same_facts(done: Workspace) -> None:
    facts, page = read_json(done.report / "report.json"), Page(html_of(done))
    for score in facts["evaluation"]["scores"]:
        assert score["title"] in page.text
        assert f"{score['model']['value']:,.4f}".replace("-", "\N{MINUS SIGN}") in page.text
        assert f"{score['model']['low']:,.4f} to {score['model']['high']:,.4f}" in page.text
    for reason in facts["evaluation"]["gate"]["reasons"]:
        assert reason["text"] in page.text
    for split in facts["features"]["splits"]:
        assert f"{split['name']} {split['rows']:,} {split['entities']:,}" in page.text
    assert "orders 100 10 10.00% 90" in page.text
    assert facts["data"]["rejects"][0] == {"table": "orders", "column": SCRIPT, "check": "greater_than(0)", "rows": 6}
    assert facts["problem"]["seed"] == 7
    for compared in facts["drift"]["features"]:
        assert compared["name"] in page.text


def test_the_json_has_the_evaluation_and_the_tables(done: Workspace) -> None:
    facts = read_json(done.report / "report.json")
    assert Evaluation.model_validate(facts["evaluation"]) == Evaluation.read(done.evaluation)
    assert facts["data"]["tables"][0] | {"digest": ""} == {
        "name": "orders", "raw": 100, "processed": 90, "rejected": 10,
        "span": ["2025-01-01", "2025-01-04 17:00:00"], "digest": "",
    }  # fmt: skip


def test_drift_that_is_not_applicable_is_not_shown_as_no_drift(done: Workspace) -> None:
    facts, text = read_json(done.report / "report.json"), Page(html_of(done)).text
    if facts["evaluation"]["task"] == "multiclass":
        assert facts["drift"]["applicable"] is False
        assert facts["drift"]["drifted"] is None
        assert "Not the same as no drift" in text
        assert "No drift" not in text
    else:
        assert facts["drift"]["applicable"] is True


def test_bytes_do_not_depend_on_environment_path_or_matplotlibrc(done: Workspace, tmp_path: Path) -> None:
    copy = Workspace(tmp_path / "another place")
    shutil.copytree(done.root, copy.root)
    (copy.root / "matplotlibrc").write_text("axes.labelsize: 30\nxtick.major.size: 20\nsvg.fonttype: path\n")
    run_cli(copy, "report", TZ="Pacific/Chatham", LC_ALL="C", PYTHONHASHSEED="4711", OMP_NUM_THREADS="2")
    assert contents(copy.report) == contents(done.report)


def test_missing_sections_are_named(bare: Workspace) -> None:
    run_report(bare)
    text = Page(html_of(bare)).text
    assert "No tables found" in text
    assert "No search found" in text
    assert "Drift not measured" in text
    facts = read_json(bare.report / "report.json")
    assert facts["data"] is facts["search"] is facts["drift"] is None


def test_without_an_evaluation_the_stage_fails(bare: Workspace) -> None:
    shutil.rmtree(bare.evaluation)
    with pytest.raises(LockstepError, match=r"evaluation\.json: missing; run `dvc repro`"):
        run_report(bare)
    assert not bare.report.exists()


def test_a_failed_gate_is_in_the_verdict(bare: Workspace) -> None:
    write_params(bare, "binary", gates={"min": {"roc_auc": 0.9999}, "beat_baselines": False})
    run_evaluate(bare)
    run_report(bare)
    assert re.search(r"Gate Failed ✗ roc_auc is 0\.\d{4}, expected at least 0\.9999", Page(html_of(bare)).text)


def test_no_password_and_no_expanded_variable_is_on_the_page(bare: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2")
    for url, shown in {
        "postgresql://shop:s3cret@db/shop": "postgresql://shop:***@db/shop",
        "postgresql://shop:p@s3cret@db/shop": "postgresql://shop:***@db/shop",
        "postgresql://shop:${DATABASE_PASSWORD}@db/shop": "postgresql://shop:${DATABASE_PASSWORD}@db/shop",
    }.items():
        inputs = load(report.Inputs, bare.params)
        source = inputs.source.model_copy(update={"url": url})
        report.run(inputs.model_copy(update={"source": source}), bare, Progress("report"))
        everything = b"".join(contents(bare.report).values()).decode()
        assert shown in everything
        assert "s3cret" not in everything
        assert "hunter2" not in everything


def test_the_card_has_the_facts_of_the_json_and_how_to_reproduce_them(done: Workspace) -> None:
    facts, text = read_json(done.report / "report.json"), (done.report / "card.md").read_text(encoding="utf-8")
    page = Page((done.report / "card.html").read_text(encoding="utf-8"))
    for score in facts["evaluation"]["scores"]:
        value = f"{score['model']['value']:,.4f}".replace("-", "\N{MINUS SIGN}")
        assert f"| {score['title']} | {value} (" in text
        assert value in page.text
    for table in facts["data"]["tables"]:
        assert table["digest"] in text
        assert table["digest"] in page.text
    for command in ("make repro", "dvc status", "lockstep verify", "lockstep gate"):
        assert command in text
    assert "Select customers for a retention offer" in text
    assert "association, not causation" in page.text
    assert len(set(page.ids)) == len(page.ids)
    assert {a["href"][1:] for _, a in page.elements if "href" in a} <= set(page.ids)


def test_hostile_names_are_escaped_in_the_card(done: Workspace) -> None:
    text = (done.report / "card.md").read_text(encoding="utf-8")
    assert "<script" not in text.lower()
    assert "&lt;script&gt;" in text
    html = (done.report / "card.html").read_text(encoding="utf-8")
    assert "<script" not in html.lower()
    assert "http://" not in html
    rows = [row for row in text.splitlines() if row.startswith("|")]
    assert all(row.endswith("|") for row in rows)


def test_empty_fields_of_the_card_are_shown_as_not_stated(bare: Workspace) -> None:
    inputs = load(report.Inputs, bare.params)
    report.run(inputs.model_copy(update={"card": CardSpec()}), bare, Progress("report"))
    text = (bare.report / "card.md").read_text(encoding="utf-8")
    assert "Use: not stated" in text
    assert "Fairness is not measured" in text
