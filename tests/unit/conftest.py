"""What several folders of unit tests share."""

import pytest


@pytest.fixture(params=["binary", "multiclass", "regression"])
def task(request: pytest.FixtureRequest) -> str:
    return request.param
