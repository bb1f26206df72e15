"""Test data for whoever tries Alex (DATA-18): where the setting does not allow it, these operations do not exist."""

from advisor.adapters.sample_portfolio import ACCOUNTS, NUM_POSITIONS
from advisor.domain.errors import NotFoundError
from advisor.handlers.api.answers_planning import AccountsRemoved, TestDataLoaded
from advisor.handlers.api.operations import Call, operation
from advisor.handlers.api.schemas import TestDataRequest


def _only_where_allowed(call: Call) -> None:
    if not call.services.env.test_data:
        raise NotFoundError()


@operation(
    "POST",
    "/api/populate-test-data",
    answer=TestDataLoaded,
    status=201,
    body=TestDataRequest,
    errors=(404, 409, 413, 422),
)
def populate_test_data(call: Call) -> TestDataLoaded:
    """Load three accounts with positions for a caller who has none; outside production only."""
    _only_where_allowed(call)
    call.services.samples.load(call.caller.user_id)
    return TestDataLoaded(accounts=len(ACCOUNTS), positions=NUM_POSITIONS)


@operation("DELETE", "/api/reset-accounts", answer=AccountsRemoved, errors=(404,))
def reset_accounts(call: Call) -> AccountsRemoved:
    """Delete all accounts of the caller with their positions; outside production only."""
    _only_where_allowed(call)
    return AccountsRemoved(accounts=call.services.samples.remove(call.caller.user_id))
