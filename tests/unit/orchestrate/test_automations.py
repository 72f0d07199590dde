"""Triggers of the automations."""

from datetime import timedelta

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from lockstep.orchestrate.automations import FLOWS, crash_when_silent
from lockstep.orchestrate.deployments import declared
from tests.e2e.project import ROOT


def test_the_watched_flows_are_the_deployed_ones() -> None:
    assert sorted(FLOWS) == sorted(one.entrypoint.rpartition(":")[2] for one in declared(ROOT))


def test_a_run_is_silent_when_it_has_missed_three_heartbeats() -> None:
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 60}):
        assert crash_when_silent().trigger.within == timedelta(minutes=3)
