"""What breaks the API's clients is reported, whatever it is, and refused unless the version says so (API-14)."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alex import api_changes, cli, places
from alex.errors import Exit
from alex.evidence import change

DOCUMENT: dict[str, Any] = json.loads((places.ROOT / "lambdas" / "openapi.json").read_text("utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
CONTRACT = Path("lambdas") / "openapi.json"
WORDS = {"description", "summary", "title", "info", "openapi", "securitySchemes"}
"""What a client's program does not depend on."""
TAKEN = {
    operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
    if "requestBody" in operation
}


def removable(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything that can be taken out of the document."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in members:
        if key in WORDS and "properties" not in path[-1:]:
            continue
        here = (*path, key)
        if child in ([], {}, False) or (key == "additionalProperties" and child is True):
            continue  # the same as absent
        if key == "default" and here[2] not in TAKEN and "parameters" not in here:
            continue  # an answer's default is never sent
        yield here
        yield from removable(child, here)


PLACES = [
    place
    for place in removable({"paths": DOCUMENT["paths"], "components": DOCUMENT["components"]})
    if place[-1] not in {"components", "schemas", "responses", "in", "name", "content", "$ref"} and len(place) > 1
]


def without(place: tuple[Any, ...]) -> dict[str, Any]:
    """The document without one thing."""
    changed = copy.deepcopy(DOCUMENT)
    node: Any = changed
    for step in place[:-1]:
        node = node[step]
    del node[place[-1]]
    return changed


@settings(max_examples=120, derandomize=True, database=None, deadline=None)
@given(place=st.sampled_from(PLACES))
def test_whatever_is_removed_is_reported(place: tuple[Any, ...]) -> None:
    """API-14: operations, parameters, statuses, fields, limits, values: none can vanish without a line."""
    assert api_changes.compared(DOCUMENT, without(place)), place


def test_the_same_contract_differs_in_nothing() -> None:
    """API-14: else every change would be held up; words are no part of it."""
    reworded = json.loads(json.dumps(DOCUMENT).replace('"description": "', '"description": "New: '))
    assert api_changes.compared(DOCUMENT, copy.deepcopy(DOCUMENT)) == []
    assert api_changes.compared(DOCUMENT, reworded) == []


Edit = Callable[[dict[str, Any]], Any]


def _schema(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda document: document["components"]["schemas"][name]


def _field(schema: str, name: str, **rules: Any) -> Edit:
    return lambda document: _schema(schema)(document)["properties"].setdefault(name, {}).update(rules)


def _required(schema: str, name: str) -> Edit:
    return lambda document: _schema(schema)(document).setdefault("required", []).append(name)


BREAKING: dict[str, tuple[Edit, str]] = {
    "operation removed": (lambda d: d["paths"].pop("/api/jobs"), "operation removed"),
    "status removed": (lambda d: d["paths"]["/api/user"]["get"]["responses"].pop("429"), "status removed"),
    "required field of a body": (_required("AccountChange", "account_name"), "became required"),
    "shorter text": (_field("AccountCreation", "account_name", maxLength=100), "maxLength 255 -> 100"),
    "higher minimum": (_field("AccountCreation", "cash_balance", minimum=1), "minimum 0 -> 1"),
    "excluded limit": (_field("AccountCreation", "cash_balance", exclusiveMinimum=True), "0 -> 0 (excluded)"),
    "narrower type": (_field("PositionCreation", "quantity", type="integer"), "type number -> integer"),
    "other type": (_field("PositionCreation", "symbol", type="object"), "type string -> object"),
    "fewer values": (_field("AccountCreation", "account_type", enum=["401k"]), "value removed"),
    "a list of values": (_field("PositionCreation", "symbol", enum=["VTI"]), "only these values now"),
    "a pattern": (_field("PositionCreation", "symbol", pattern="^V"), "pattern none -> ^V"),
    "another default": (_field("ScenarioRequest", "inflation", default=2), "default 3 -> 2"),
    "an answer's field may be absent": (
        lambda d: _schema("JobList")(d)["required"].remove("next_cursor"),
        "may be absent now",
    ),
    "an answer's field may be null": (_field("AccountRecord", "cash_balance", nullable=True), "may be null now"),
    "a new value in an answer": (
        lambda d: _schema("AccountRecord")(d)["properties"]["account_type"]["enum"].append("trust"),
        "value added: trust",
    ),
    "a required parameter": (
        lambda d: d["paths"]["/api/jobs"]["get"]["parameters"][0].update(required=True),
        "became required",
    ),
    "a token where none was": (
        lambda d: d["paths"]["/health"]["get"].update(security=[{"token": []}]),
        "security changed",
    ),
    "a header removed": (
        lambda d: d["components"]["responses"]["429"]["headers"].pop("Retry-After"),
        "header Retry-After removed",
    ),
}
COMPATIBLE: dict[str, Edit] = {
    "optional field of a body": _field("AccountCreation", "nickname", type="string"),
    "field of an answer": _field("AccountRecord", "nickname", type="string"),
    "required field of an answer": _required("Position", "id"),
    "longer text": _field("AccountCreation", "account_name", maxLength=300),
    "more values of a body": lambda d: _schema("AccountCreation")(d)["properties"]["account_type"]["enum"].append("t"),
    "wider type of a body": _field("ScenarioRequest", "retirement_years", type="number"),
    "operation added": lambda d: d["paths"].update({"/api/new": {"get": d["paths"]["/health"]["get"]}}),
    "status added": lambda d: d["paths"]["/health"]["get"]["responses"].update({"418": {"description": "Tea"}}),
}


def changed(edit: Edit) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    edit(document)
    return document


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_clients_is_called_breaking(name: str) -> None:
    """API-14: refused while the version stays, accepted when its first number is raised."""
    edit, words = BREAKING[name]
    after = changed(edit)
    found = [item.what for item in api_changes.compared(DOCUMENT, after) if item.breaking]
    assert any(words in what for what in found), found
    assert api_changes.refused(DOCUMENT, after)
    after["info"]["version"] = "2.0.0"
    assert not api_changes.refused(DOCUMENT, after)


@pytest.mark.parametrize("name", COMPATIBLE)
def test_what_only_adds_is_listed_and_allowed(name: str) -> None:
    """API-14: a check that refuses additions would be switched off."""
    after = changed(COMPATIBLE[name])
    found = api_changes.compared(DOCUMENT, after)
    assert [item for item in found if item.breaking] == []
    assert found or name == "required field of an answer"
    assert not api_changes.refused(DOCUMENT, after)


def test_the_same_change_backwards_is_judged_the_other_way() -> None:
    """API-14: narrowing a body breaks what widening it allowed."""
    wider = changed(COMPATIBLE["longer text"])
    assert api_changes.refused(wider, DOCUMENT)


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Sets the contract of the commit before."""

    def given_(text: str | None) -> None:
        monkeypatch.setattr(change, "base_of", lambda _revision: change.Base("HEAD~1", "a" * 40, chosen=False))
        monkeypatch.setattr(
            change, "text_of", lambda _commit, path: text if path == Path("lambdas/openapi.json") else ""
        )

    return given_


def test_the_command_says_what_breaks_and_fails(
    base: Callable[[str | None], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """API-14: CI stops a change that would break clients; exit 0 where it only adds."""
    more = changed(lambda d: d["paths"].update({"/api/old": {"get": d["paths"]["/health"]["get"]}}))
    base(json.dumps(more))
    assert cli._run(["api", "diff"]) == Exit.FAILED
    said = capsys.readouterr()
    assert "BREAKING" in said.out
    assert "GET /api/old" in said.out
    assert "raise the first number of VERSION" in said.err
    base(json.dumps(without(("paths", "/health"))))
    assert cli._run(["api", "diff"]) == Exit.DONE
    assert "operation added" in capsys.readouterr().out
    base(json.dumps(DOCUMENT))
    assert cli._run(["api", "diff"]) == Exit.DONE
    assert "Nothing differs." in capsys.readouterr().out


def test_a_base_without_a_usable_contract(
    base: Callable[[str | None], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """API-14: the first contract is compared with nothing; a broken one is said to be."""
    base(None)
    assert cli._run(["api", "diff"]) == Exit.DONE
    assert "nothing to compare" in capsys.readouterr().out
    base("{")
    assert cli._run(["api", "diff"]) == Exit.BAD_INPUT


def test_the_real_repository_has_a_contract_to_compare(capsys: pytest.CaptureFixture[str]) -> None:
    """API-14: a file that is cut off on its way from git would be no JSON."""
    assert cli._run(["api", "diff", "--base", "HEAD"]) in {Exit.DONE, Exit.FAILED}
    assert "contract HEAD (" in capsys.readouterr().out
