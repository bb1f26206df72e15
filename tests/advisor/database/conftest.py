"""Stores over a fresh database in which ann has a profile."""

import pytest

from advisor.adapters.data_api import DataApi
from advisor.adapters.job_store import DataApiJobStore
from advisor.adapters.portfolio_store import DataApiPortfolioStore
from advisor.adapters.records import Records


@pytest.fixture
def records(database: DataApi) -> Records:
    """The API's records."""
    made = Records(database)
    made.profile("ann")
    return made


@pytest.fixture
def portfolios(database: DataApi) -> DataApiPortfolioStore:
    """The portfolio port."""
    return DataApiPortfolioStore(database)


@pytest.fixture
def jobs(database: DataApi, records: Records) -> DataApiJobStore:
    """The job port."""
    return DataApiJobStore(database)
