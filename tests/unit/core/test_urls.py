"""A plain PostgreSQL URL means psycopg 3: for a source, for a search's storage, and for the shop."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lockstep.core.source_url import locate
from lockstep.core.urls import with_driver
from lockstep.pipeline.ingest.sources import engine
from lockstep.pipeline.simulate import database
from lockstep.pipeline.tune import storage

REST = "://me:p%40ss@db.internal:5433/shop?sslmode=require"


def of_a_source(url: str, _: Path) -> Any:
    return engine.parse(locate(url, {}))


def of_a_storage(url: str, folder: Path) -> Any:
    return sa.make_url(storage.place(url, folder, "study").location.url)


def of_the_shop(url: str, _: Path) -> Any:
    return database._parse(url)


TAKERS = pytest.mark.parametrize("taken", [of_a_source, of_a_storage, of_the_shop], ids=lambda taker: taker.__name__)


@TAKERS
@pytest.mark.parametrize("plain", ["postgresql", "postgres"])
def test_a_plain_one_means_psycopg_3_and_keeps_all_else(plain: str, taken: Callable[..., Any], tmp_path: Path) -> None:
    found = taken(plain + REST, tmp_path)
    assert found == sa.make_url("postgresql+psycopg" + REST)
    assert found.get_dialect().driver == "psycopg"


@TAKERS
@pytest.mark.parametrize("named", ["postgresql+psycopg2", "postgresql+asyncpg", "mysql", "sqlite"])
def test_one_that_names_its_driver_or_another_database_is_left_as_it_is(
    named: str, taken: Callable[..., Any], tmp_path: Path
) -> None:
    assert taken(named + REST, tmp_path).drivername == named


def test_the_url_given_is_not_changed() -> None:
    url = sa.make_url("postgres" + REST)
    assert with_driver(url).drivername == "postgresql+psycopg"
    assert url.drivername == "postgres"
