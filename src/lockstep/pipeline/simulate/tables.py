"""The shop's four tables: columns, codes, and which columns may have dirt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Column: TypeAlias = np.ma.MaskedArray[Any, Any]
"""One value a row; a masked one is NULL."""
Rows: TypeAlias = dict[str, Column]
"""The columns of some rows of a table, in its order."""

PLANS = ("basic", "plus", "premium")
COUNTRIES = ("DE", "FR", "NL", "AT", "BE", "PL", "ES", "IT")
CHANNELS = ("search", "referral", "social", "email", "partner", "marketplace")
CATEGORIES = ("home", "fashion", "books", "toys", "garden", "sports", "beauty", "grocery")
DEVICES = ("phone", "desktop", "tablet")
TOPICS = ("delivery", "quality", "billing", "returns", "account")


@dataclass(frozen=True)
class Table:
    """One table."""

    name: str
    columns: Mapping[str, type[sa.types.TypeEngine[Any]]]
    key: str
    time: str
    measure: str
    """A number that is never negative."""
    codes: Mapping[str, tuple[str, ...]]
    """Columns with a closed list of values."""
    required: tuple[str, ...]
    """Columns that are never null."""

    def definition(self, metadata: sa.MetaData) -> sa.Table:
        """Return the table for a database: without constraints, which would refuse the dirt."""
        columns = (sa.Column(sa.quoted_name(name, quote=True), kind()) for name, kind in self.columns.items())
        return sa.Table(sa.quoted_name(self.name, quote=True), metadata, *columns)


CUSTOMERS = Table(
    name="customers",
    columns={
        "customer_id": sa.BigInteger,
        "signed_up_at": sa.DateTime,
        "plan": sa.Text,
        "country": sa.Text,
        "channel": sa.Text,
        "age": sa.Integer,
    },
    key="customer_id",
    time="signed_up_at",
    measure="age",
    codes={"plan": PLANS, "country": COUNTRIES, "channel": CHANNELS},
    required=("customer_id", "signed_up_at", "plan", "age"),
)
ORDERS = Table(
    name="orders",
    columns={
        "order_id": sa.BigInteger,
        "customer_id": sa.BigInteger,
        "ordered_at": sa.DateTime,
        "amount": sa.Double,
        "discount": sa.Double,
        "category": sa.Text,
    },
    key="order_id",
    time="ordered_at",
    measure="amount",
    codes={"category": CATEGORIES},
    required=("order_id", "customer_id", "ordered_at", "amount"),
)
SESSIONS = Table(
    name="sessions",
    columns={
        "session_id": sa.BigInteger,
        "customer_id": sa.BigInteger,
        "started_at": sa.DateTime,
        "duration_minutes": sa.Double,
        "pages": sa.Integer,
        "device": sa.Text,
    },
    key="session_id",
    time="started_at",
    measure="duration_minutes",
    codes={"device": DEVICES},
    required=("session_id", "customer_id", "started_at", "duration_minutes"),
)
TICKETS = Table(
    name="tickets",
    columns={
        "ticket_id": sa.BigInteger,
        "customer_id": sa.BigInteger,
        "opened_at": sa.DateTime,
        "topic": sa.Text,
        "satisfaction": sa.Integer,
    },
    key="ticket_id",
    time="opened_at",
    measure="satisfaction",
    codes={"topic": TOPICS},
    required=("ticket_id", "customer_id", "opened_at"),
)
TABLES = (CUSTOMERS, ORDERS, SESSIONS, TICKETS)


def as_rows(table: Table, columns: Mapping[str, npt.NDArray[Any]]) -> Rows:
    """Return the columns of a table in its order, ready to have missing cells."""
    return {name: np.ma.MaskedArray(columns[name]) for name in table.columns}
