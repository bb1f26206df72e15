"""The contract: current, complete, and in the dialect that API Gateway's models take (API-14)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import advisor
from advisor.handlers import openapi
from advisor.handlers.api.operations import OPERATIONS, Operation

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Api

COMMITTED = Path(advisor.__file__).parent.parent / "openapi.json"
DOCUMENT = openapi.document()


def test_the_committed_document_is_the_one_the_code_generates() -> None:
    """The stacks build routes from it: write it with `python -m advisor.handlers.openapi > lambdas/openapi.json`."""
    assert COMMITTED.read_text(encoding="utf-8") == openapi.text()


def test_generating_twice_gives_the_same_text() -> None:
    """Else every build would change the stack."""
    assert openapi.text() == openapi.text()


def test_all_operations_are_there() -> None:
    """Operations 1 to 14 of the domain, health and the audit trail."""
    listed = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert listed == {(operation.method, operation.path) for operation in OPERATIONS}
    assert len(listed) == 21
    assert {("POST", "/api/analyze"), ("GET", "/health"), ("GET", "/api/jobs/{job_id}/audit")} <= listed


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_states_its_body_its_refusals_and_its_security(operation: Operation) -> None:
    """A client's author, and the gateway, see what is taken and what may be refused."""
    described = DOCUMENT["paths"][operation.path][operation.method.lower()]
    refusals = {int(status) for status in described["responses"]} - {operation.status}
    assert described["summary"].endswith(".") or described["summary"]
    assert ("requestBody" in described) == (operation.method in {"POST", "PUT"})
    assert described["security"] == ([] if operation.path == "/health" else [{"token": []}])
    if operation.path != "/health":
        assert refusals >= {401, 429, 500, 503}
    if "requestBody" in described:
        assert refusals >= {400, 413, 422}
    if "{" in operation.path:
        assert refusals >= {403, 404}


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        yield from _nodes(child)


def test_every_reference_leads_somewhere() -> None:
    """No dangling component."""
    for node in _nodes(DOCUMENT):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            target = DOCUMENT
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]


def test_components_stand_alone_in_an_older_dialect() -> None:
    """Each becomes a gateway model as it is: no references, no keyword that JSON schema draft 4 does not know."""
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for node in _nodes(schema):
            if isinstance(node, dict) and node.get("type"):
                assert not {"$ref", "$defs", "const", "examples", "prefixItems"} & node.keys(), name
                assert node["type"] != "null", name
                assert isinstance(node.get("exclusiveMinimum", False), bool), name


def test_requests_refuse_unknown_fields_and_answers_leave_nothing_open() -> None:
    """extra=forbid reaches the gateway too."""
    for operation in OPERATIONS:
        if operation.body is not None:
            schema = DOCUMENT["components"]["schemas"][operation.body.__name__]
            assert schema["additionalProperties"] is False


def test_symbols_have_no_pattern_in_the_contract() -> None:
    """The environment chooses it, and the function's own text names the fault better than a validator."""
    assert "pattern" not in DOCUMENT["components"]["schemas"]["PositionCreation"]["properties"]["symbol"]


def test_the_document_names_nothing_internal() -> None:
    """It is published."""
    assert not re.search(r"advisor\.|boto|postgres|lambda", json.dumps(DOCUMENT), re.IGNORECASE)


def test_refusals_have_the_very_texts_of_the_api(api: Api) -> None:
    """What the contract promises is what a client reads."""
    for answer in (api("GET", "/api/nothing"), api("PUT", "/api/user", {}), api("GET", "/api/user", user=None)):
        stated = DOCUMENT["components"]["responses"][str(answer.status)]["description"]
        assert answer.json["error"]["message"] == stated


def test_answers_have_the_shape_the_contract_states(api: Api) -> None:
    """Names and kinds of the top level, for each kind of record."""
    account = api("POST", "/api/accounts", {"account_name": "a", "cash_balance": 1.5})
    position = api("POST", "/api/positions", {"account_id": account.json["id"], "symbol": "VTI", "quantity": 1})
    job = api("POST", "/api/analyze", {})
    path = f"/api/jobs/{job.json['job_id']}"
    for name, answer in {
        "Profile": api("GET", "/api/user"),
        "AccountRecord": account,
        "Position": position,
        "AnalysisAccepted": job,
        "JobRecord": api("GET", path),
        "AuditTrail": api("GET", path + "/audit"),
        "JobList": api("GET", "/api/jobs"),
        "Health": api("GET", "/health"),
        "ErrorEnvelope": api("GET", "/api/nothing"),
    }.items():
        schema = DOCUMENT["components"]["schemas"][name]
        assert answer.json.keys() <= schema["properties"].keys(), name
        assert set(schema["required"]) <= answer.json.keys(), name
