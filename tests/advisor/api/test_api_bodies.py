"""Bodies that the API takes or refuses: bad fields by name, nothing misread, nothing too large (SEC-18, domain 5.2)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Api

INVALID = "Invalid input data. Please check your request and try again."


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", "/api/user", {}, "body"),
        ("PUT", "/api/user", {"display_name": "x" * 256}, "display_name"),
        ("PUT", "/api/user", {"display_name": None}, "display_name"),
        ("PUT", "/api/user", {"years_until_retirement": 101}, "years_until_retirement"),
        ("PUT", "/api/user", {"target_retirement_income": -1}, "target_retirement_income"),
        ("PUT", "/api/user", {"target_retirement_income": 1e300}, "target_retirement_income"),
        ("PUT", "/api/user", {"asset_class_targets": {"equity": 70}}, "asset_class_targets"),
        ("PUT", "/api/user", {"asset_class_targets": {}}, "asset_class_targets"),
        ("PUT", "/api/user", {"region_targets": {"atlantis": 100}}, "region_targets"),
        ("PUT", "/api/user", {"retirement_goals": "x" * 2001}, "retirement_goals"),
        ("PUT", "/api/user", {"retirement_goals": "nul \x00 byte"}, "retirement_goals"),
        ("PUT", "/api/user", {"user_id": "bob"}, "user_id"),
        ("PUT", "/api/user", {"advisor_id": "alice"}, "advisor_id"),
        ("POST", "/api/accounts", {}, "account_name"),
        ("POST", "/api/accounts", {"account_name": "   "}, "account_name"),
        ("POST", "/api/accounts", {"account_name": "a", "account_type": "piggy"}, "account_type"),
        ("POST", "/api/accounts", {"account_name": "a", "cash_balance": -0.01}, "cash_balance"),
        ("POST", "/api/accounts", {"account_name": "a", "cash_balance": 0.001}, "cash_balance"),
        ("POST", "/api/accounts", {"account_name": "a", "cash_balance": 10**10}, "cash_balance"),
        ("POST", "/api/accounts", {"account_name": "a", "cash_interest": 1.01}, "cash_interest"),
        ("POST", "/api/accounts", {"account_name": "a", "owner": "bob"}, "owner"),
        ("POST", "/api/analyze", {"analysis_type": "horoscope"}, "analysis_type"),
        ("POST", "/api/analyze", {"options": {"question": "x" * 2001}}, "options.question"),
        ("POST", "/api/analyze", [1], "body"),
        ("POST", "/api/accounts", '"text"', "body"),
    ],
)
def test_bad_fields_are_named_with_their_reason(api: Api, method: str, path: str, body: Any, field: str) -> None:
    """A client can show the fault where it belongs (domain 5.2)."""
    answer = api(method, path, body)
    assert (answer.status, answer.json["error"]["code"]) == (422, "validation_error")
    assert answer.json["error"]["message"] == INVALID
    assert answer.reasons[field]


@pytest.mark.parametrize("symbol", ["aapl", "BRK.B", "ABCDEFGHIJK", "", "AAPL\n", "A A", "\u0391\u0391PL", "';--"])
def test_a_bad_symbol_has_the_stated_text(api: Api, symbol: str) -> None:
    """SEC-18: "Invalid symbol format", and no instrument is made of it."""
    account = api("POST", "/api/accounts", {"account_name": "a"}).json["id"]
    answer = api("POST", "/api/positions", {"account_id": account, "symbol": symbol, "quantity": 1})
    if symbol == "AAPL\n":
        assert answer.status == 201, "blanks around a symbol are trimmed"
        return
    assert answer.status == 422
    if symbol:
        assert answer.reasons["symbol"] == "Invalid symbol format"
    known = {item["symbol"] for item in api("GET", "/api/instruments").json}
    assert symbol not in known


def test_an_environment_may_allow_share_classes(make_api: Callable[..., Api]) -> None:
    """The pattern is a setting (SEC-18)."""
    api = make_api(SYMBOL_PATTERN=r"^[A-Z]{1,10}([.-][A-Z]{1,2})?$")
    api("GET", "/api/user")
    account = api("POST", "/api/accounts", {"account_name": "a"}).json["id"]
    body = {"account_id": account, "symbol": "BRK.B", "quantity": 1}
    assert api("POST", "/api/positions", body).status == 201


@pytest.mark.parametrize("quantity", [0, -1, 1e-9, 10**13, "NaN", "Infinity", "many", None, [], True])
def test_a_bad_quantity_is_refused(api: Api, quantity: Any) -> None:
    """Nothing that the database would round, refuse or misread gets that far."""
    account = api("POST", "/api/accounts", {"account_name": "a"}).json["id"]
    answer = api("POST", "/api/positions", {"account_id": account, "symbol": "VTI", "quantity": quantity})
    assert (answer.status, list(answer.reasons)) == (422, ["quantity"])


NO_JSON = (
    "{", "{'a': 1}", "\x00", "[" * 100_000, '{"account_name": "\\ud800"}', '{"\\udfff": 1}', '{"cash_balance": NaN}',
    '{"cash_balance": ' + "9" * 5000 + "}",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_JSON)
def test_what_is_not_json_is_400(api: Api, text: str) -> None:
    """Malformed bodies are the client's fault, in the client's words."""
    answer = api("POST", "/api/accounts", text)
    assert (answer.status, answer.json["error"]["code"]) == (400, "bad_request")
    assert list(answer.reasons) == ["body"]


def test_bodies_may_come_base64_encoded(api: Api) -> None:
    """API Gateway does that for binary media types."""
    text = base64.b64encode(json.dumps({"account_name": "Caf\u00e9"}).encode()).decode()
    assert api("POST", "/api/accounts", text, isBase64Encoded=True).json["account_name"] == "Caf\u00e9"
    assert api("POST", "/api/accounts", "%%%", isBase64Encoded=True).status == 400


@pytest.mark.parametrize("encode", [False, True])
def test_a_body_over_the_limit_is_413(make_api: Callable[..., Api], encode: bool) -> None:
    """The limit counts bytes, and holds for encoded bodies too."""
    api = make_api(MAX_BODY_BYTES="1000")
    text = json.dumps({"account_name": "a", "account_purpose": "\u20ac" * 400}, ensure_ascii=False)
    sent = base64.b64encode(text.encode()).decode() if encode else text
    answer = api("POST", "/api/accounts", sent, isBase64Encoded=encode)
    assert (answer.status, answer.json["error"]["message"]) == (413, "The request is too large.")


@pytest.mark.parametrize("quantity", ["123456789012.12345678", "0.00000001", "100000000.00000001", "1e3", "250.10"])
def test_every_digit_of_a_quantity_survives_the_way_there_and_back(api: Api, quantity: str) -> None:
    """Read as a binary float, seventeen digits silently become other ones: somebody else's number of shares."""
    account = api("POST", "/api/accounts", {"account_name": "a"}).json["id"]
    body = f'{{"account_id": "{account}", "symbol": "VTI", "quantity": {quantity}}}'
    made = api("POST", "/api/positions", body)
    assert made.status == 201
    read = api("GET", f"/api/accounts/{account}/positions")
    for text in (made.text, read.text):
        record = json.loads(text, parse_float=Decimal)
        position = record["positions"][0] if "positions" in record else record
        assert position["quantity"] == Decimal(quantity)


def test_texts_that_look_like_exact_numbers_stay_texts(api: Api) -> None:
    """The encoder marks exact numbers; no text may pass for one."""
    for name in ("12.5", "u00001u0000", "\\u00001\\u0000"):
        assert api("POST", "/api/accounts", {"account_name": name}).json["account_name"] == name
