"""The contract against the running API: requests made up from the document itself find no 5xx and no answer that the
document does not state (API-14). Every operation is taken from the document, so a new one is covered by being declared.

    ALEX_CONTRACT_EXAMPLES=2000 python -m pytest tests/advisor/api/test_contract.py

Without the variable each operation gets 25 requests of each kind, always the same ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from advisor.handlers import openapi
from advisor.handlers.api import handler
from advisor.handlers.api.operations import OPERATIONS
from advisor.ports.market import Price
from tests.advisor.api.gateway import Gateway

if TYPE_CHECKING:
    from schemathesis import Case

    from tests.advisor.api.conftest import Api

EXAMPLES = int(os.environ.get("ALEX_CONTRACT_EXAMPLES", "25"))
DOCUMENT = openapi.document()
for _path in DOCUMENT["paths"].values():
    for _described in _path.values():
        del _described["security"]  # tokens are the gateway's business: see tests of the authorizer
CONTRACT = schemathesis.openapi.from_dict(DOCUMENT)
STATED: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Provider:
    """A price provider that knows one symbol."""

    def history(self, symbol: str, *, first: date, last: date) -> tuple[Price, ...]:
        return (Price(symbol, Decimal("12.34"), last),) if symbol == "AAPL" and first < last else ()


@pytest.fixture
def known(make_api: Callable[..., Api]) -> dict[str, str]:
    """Records of alice's by the names that paths and bodies give them; nobody is throttled."""
    api = make_api(USER_RATE_PER_SECOND="100000", USER_RATE_BURST="100000")
    api.swap(prices=Provider())
    for user in ("alice", "bob"):
        api("GET", "/api/user", user=user)
    account = api("POST", "/api/accounts", {"account_name": "a"}).json["id"]
    body = {"account_id": account, "symbol": "AAPL", "quantity": 3}
    return {
        "account_id": account,
        "position_id": api("POST", "/api/positions", body).json["id"],
        "job_id": api("POST", "/api/analyze", {}).json["job_id"],
        "symbol": "AAPL",
    }


def aimed(case: Case[Any], known: dict[str, str]) -> None:
    """Point the case at records that exist: made-up ids alone would test nothing but 404."""
    for part in (case.path_parameters, case.body):
        if isinstance(part, dict):
            part.update({name: known[name] for name in part.keys() & known.keys()})


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["kept", "broken"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_no_request_gets_a_5xx_or_an_answer_that_is_not_stated(
    known: dict[str, str], operation: Any, mode: GenerationMode
) -> None:
    """API-14: clients are generated from the document: what it does not state, they cannot handle. Requests that keep
    its rules, and requests that break them on purpose, which must be refused (SEC-18)."""
    described = CONTRACT[operation.path][operation.method]
    if mode is GenerationMode.NEGATIVE and not (described.body or operation.parameters or "{" in operation.path):
        pytest.skip("there is nothing to break")
    application = Gateway(handler)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def answers(data: st.DataObject) -> None:
        case = data.draw(described.as_strategy(mode))
        application.user = data.draw(st.sampled_from(["alice", "alice", "bob"]))
        repaired = data.draw(st.booleans())
        if repaired:
            aimed(case, known)
        response = case.call(app=application, base_url="http://api")
        broken = mode is GenerationMode.NEGATIVE and not repaired
        case.validate_response(response, checks=[*STATED, negative_data_rejection] if broken else STATED)

    answers()
