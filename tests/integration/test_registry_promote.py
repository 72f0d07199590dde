"""Register, promote, roll back: aliases, ledger entries, and messages."""

import json
import subprocess

import pytest
import yaml

from lockstep.core.errors import LockstepError
from lockstep.core.spec import read_document
from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import tags
from lockstep.registry.history import history
from lockstep.registry.promote import Force, promote
from lockstep.registry.register import register
from lockstep.registry.rollback import rollback
from tests.integration.registered_workspace import (
    EQUAL,
    GOOD,
    WORSE,
    Made,
    aliases_of,
    book,
    cli,
    cli_process,
    put,
    told,
    versions_of,
)

pytestmark = pytest.mark.xdist_group("registry")


def move_by_hand(workspace: Workspace, number: int) -> None:
    found = book(workspace)
    found.backend.client.set_registered_model_alias(found.model, "champion", str(number))


def test_a_version_is_the_challenger_and_has_the_tags_of_its_data(shop: Workspace) -> None:
    newest = versions_of(shop)[0]
    assert (newest.number, aliases_of(shop)) == (WORSE, {"challenger": WORSE})
    assert {tags.RESULT, tags.MODEL, tags.GRAPH, tags.EVIDENCE, tags.OUTPUTS} <= newest.tags.keys()
    assert {"data/features", "data/models/model", "data/raw"} <= newest.outputs.keys()


def test_registering_again_creates_no_version_and_moves_the_alias_back(shop: Workspace) -> None:
    again = register(shop)
    assert (again.version.number, again.new, again.serves) == (GOOD, False, False)
    assert register(shop) == again
    assert len(versions_of(shop)) == 3
    assert aliases_of(shop) == {"challenger": GOOD}


def test_a_champion_that_is_registered_again_stays_champion(shop: Workspace) -> None:
    promote(shop, GOOD)
    assert register(shop).serves
    assert aliases_of(shop) == {"champion": GOOD, "challenger": WORSE}


def test_the_first_version_is_promoted_by_its_gates_alone(shop: Workspace) -> None:
    found = promote(shop, GOOD)
    assert (found.yes, found.champion) == (True, None)
    assert aliases_of(shop)["champion"] == GOOD
    assert told(shop) == [("promote", None, GOOD)]
    assert "--: there is no champion to compare with" in found.decision.lines


def test_a_version_that_is_not_worse_replaces_the_champion(shop: Workspace) -> None:
    promote(shop, GOOD)
    found = promote(shop, EQUAL)
    assert (found.yes, found.champion, aliases_of(shop)["champion"]) == (True, GOOD, EQUAL)
    (text,) = [text for text in found.decision.lines if "than the champion" in text]
    assert "on 300 common rows, gain" in text
    assert json.loads(book(shop).entries()[-1].decision) == list(found.decision.lines)


def test_a_worse_version_is_refused_with_numbers_and_recorded(shop: Workspace) -> None:
    promote(shop, GOOD)
    done = cli(shop, "promote")
    assert done.returncode == 1
    text = " ".join(done.stdout.split())
    assert f"version {WORSE} is not promoted; champion: version {GOOD}" in text
    assert "on 300 common rows, gain -0." in text
    assert aliases_of(shop)["champion"] == GOOD
    assert told(shop) == [("promote", None, GOOD), ("refused", GOOD, WORSE)]
    assert "gain -0." in book(shop).entries()[-1].decision


def test_force_with_a_reason_promotes_it_anyway(shop: Workspace) -> None:
    promote(shop, GOOD)
    done = cli(shop, "promote", "--force", "--reason", "the [old] one is 'wrong'\n\udcff🙂")
    assert (done.returncode, done.stderr) == (0, "")
    entry = book(shop).entries()[-1]
    assert (entry.action, entry.forced, entry.version_to) == ("promote", True, WORSE)
    assert entry.why == "the [old] one is 'wrong'\n\\udcff🙂"
    assert aliases_of(shop)["champion"] == WORSE
    assert "(forced)" in cli(shop, "history").stdout


def test_force_needs_a_reason_and_a_reason_force(shop: Workspace) -> None:
    for arguments in (["--force"], ["--reason", "x"], ["--force", "--reason", " "]):
        done = cli(shop, "promote", "--version", str(GOOD), *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("lockstep: promote: --force and --reason go together")
    assert told(shop) == []


def test_the_champion_is_not_promoted_again(shop: Workspace) -> None:
    promote(shop, GOOD)
    found = promote(shop, GOOD)
    assert (found.yes, found.entry) == (True, None)
    assert told(shop) == [("promote", None, GOOD)]


def test_a_dry_run_shows_the_decision_and_writes_nothing(shop: Workspace) -> None:
    assert promote(shop, GOOD, dry=True).yes
    assert (told(shop), aliases_of(shop)) == ([], {"challenger": WORSE})
    promote(shop, GOOD)
    assert cli(shop, "promote", "--dry-run").returncode == 1
    assert told(shop) == [("promote", None, GOOD)]


def test_each_rollback_goes_back_one_champion_until_there_is_none(shop: Workspace) -> None:
    for number in (GOOD, EQUAL, WORSE):
        promote(shop, number, force=Force("for the test"))
    assert rollback(shop).version.number == EQUAL
    assert aliases_of(shop)["champion"] == EQUAL
    done = cli(shop, "rollback", "--reason", "worse in the shop")
    assert done.returncode == 0
    assert done.stdout.endswith("version 1 is champion again; before: version 2\n")
    assert aliases_of(shop)["champion"] == GOOD
    with pytest.raises(LockstepError, match="there is no champion before 1"):
        rollback(shop)
    assert told(shop)[3:] == [("rollback", WORSE, EQUAL), ("rollback", EQUAL, GOOD)]
    assert book(shop).entries()[-1].why == "worse in the shop"


def test_a_rollback_to_a_number_accepts_only_former_champions(shop: Workspace) -> None:
    promote(shop, GOOD)
    promote(shop, EQUAL)
    with pytest.raises(LockstepError, match=r"version 3 was never champion; former champions: \[1, 2\]"):
        rollback(shop, WORSE)
    with pytest.raises(LockstepError, match="version 2 is champion"):
        rollback(shop, EQUAL)
    assert rollback(shop, GOOD).version.number == GOOD
    assert rollback(shop, EQUAL).version.number == EQUAL
    assert aliases_of(shop)["champion"] == EQUAL


def test_an_alias_moved_by_hand_is_reported_and_not_overwritten(shop: Workspace) -> None:
    promote(shop, GOOD)
    promote(shop, EQUAL)
    move_by_hand(shop, WORSE)
    for command in ("promote", "rollback"):
        done = cli(shop, command)
        assert done.returncode == 2
        assert "the alias champion is at version 3, but the ledger's champion is 2: moved by hand" in done.stderr
    assert "moved by hand" in cli(shop, "history").stdout
    assert aliases_of(shop)["champion"] == WORSE
    assert len(told(shop)) == 2
    rollback(shop, EQUAL)
    assert (aliases_of(shop)["champion"], history(shop).moved_by_hand) == (EQUAL, None)


def test_a_move_by_hand_can_be_recorded(shop: Workspace) -> None:
    promote(shop, GOOD)
    for number in (WORSE, GOOD):
        move_by_hand(shop, number if number == WORSE else EQUAL)
        assert promote(shop, number, force=Force("meant")).yes
        assert (aliases_of(shop)["champion"], history(shop).moved_by_hand) == (number, None)


def test_a_checkout_with_older_data_than_the_challengers_is_refused(shop: Workspace) -> None:
    params = read_document(shop.params)
    params["source"]["as_of"] = "2025-05-31"
    shop.params.write_text(yaml.safe_dump(params))
    with pytest.raises(LockstepError, match=r"as_of is 2025-05-31 in this checkout, 2025-06-30 in .* version 1"):
        promote(shop, GOOD)
    assert told(shop) == []


def test_the_history_is_shown_as_text_and_as_json(shop: Workspace, versions: Made) -> None:
    assert "no promotion yet" in cli(shop, "history").stdout
    subprocess.run(["git", "init", "-q"], cwd=shop.root, check=True)
    subprocess.run(["git", "config", "user.email", "ann@shop.example"], cwd=shop.root, check=True)
    promote(shop, GOOD)
    put(shop, versions.results[WORSE])
    promote(shop)
    text = cli(shop, "history").stdout
    assert text.index("refused") < text.index("promote"), "the newest comes first"
    assert "ann@shop.example" in text
    found = json.loads(cli(shop, "history", "--json").stdout)
    assert found["aliases"] == {"champion": GOOD, "challenger": WORSE}
    first, second = found["entries"]
    assert (first["number"], first["action"], first["version_from"], first["version_to"]) == (1, "promote", None, GOOD)
    assert (second["number"], second["action"], second["version_from"]) == (2, "refused", GOOD)
    assert any(text.startswith("no: significantly worse than the champion") for text in second["decision"])
    assert second["who"].startswith("ann@shop.example (")


def test_a_missing_version_is_an_error_that_lists_the_existing_ones(shop: Workspace) -> None:
    done = cli(shop, "promote", "--version", "9")
    assert (done.returncode, "no version 9; there are: 1, 2, 3" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr


def test_a_registry_without_versions_names_the_command_to_register(workspace: Workspace) -> None:
    for command in (["promote"], ["rollback"], ["history"]):
        done = cli(workspace, *command)
        assert "Traceback" not in done.stderr
        assert (done.returncode == 0) == (command == ["history"]), done.stderr
    assert "`lockstep register` registers" in cli(workspace, "promote").stderr


def test_a_model_missing_from_mlflow_is_reported_and_its_numbers_are_not_reused(shop: Workspace) -> None:
    promote(shop, GOOD)
    found = book(shop)
    found.backend.client.delete_registered_model(found.model)
    for command in ("register", "promote", "rollback", "history"):
        done = cli(shop, command)
        assert (done.returncode, "MLflow has no model of that name" in done.stderr) == (2, True), done.stderr


def test_a_ledger_without_its_last_entries_is_refused(shop: Workspace) -> None:
    promote(shop, GOOD)
    promote(shop, EQUAL)
    found = book(shop)
    with found.ledger.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM lockstep_ledger WHERE number = 2")
    for command in ("register", "promote", "rollback", "history"):
        done = cli(shop, command)
        assert (done.returncode, "its last entry is 1, but entry 2 was written" in done.stderr) == (2, True)


def test_a_failing_command_prints_a_reason_without_a_traceback(shop: Workspace) -> None:
    done = cli_process(shop, "promote", "--version", "9")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no version 9; there are: 1, 2, 3" in done.stderr
    assert "Traceback" not in done.stderr
