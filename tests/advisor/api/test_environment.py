"""Settings of the functions: complete or refused at once, with every fault named."""

import json

import pytest

from advisor.adapters import environment
from advisor.adapters.environment import (
    ApiEnvironment,
    ConfigurationError,
    PlannerEnvironment,
    ReporterEnvironment,
    RotationEnvironment,
    parse,
)
from advisor.adapters.issuers import AuthorizerEnvironment
from advisor.handlers.api import app

BASE = {"ENVIRONMENT": "dev", "POWERTOOLS_SERVICE_NAME": "x"}
ISSUER = {"issuer": "https://i", "jwks_url": "https://i/keys", "audience": "a"}


def test_every_bad_variable_is_named_at_once_with_its_value_and_reason() -> None:
    """A deployment is repaired in one go, not variable by variable."""
    with pytest.raises(ConfigurationError) as error:
        parse(
            PlannerEnvironment,
            BASE | {"ANALYSIS_MAX_RECEIVES": "0", "PRICE_API_URL": "ftp://x", "IDEMPOTENCY_TABLE": ""},
        )
    text = str(error.value)
    for part in (
        "ANALYSIS_MAX_RECEIVES='0': Input should be greater than or equal to 1",
        "PRICE_API_URL='ftp://x'",
        "IDEMPOTENCY_TABLE: missing",
        "DATABASE_CLUSTER_ARN: missing",
        "TAGGER_FUNCTION: missing",
    ):
        assert part in text
    assert "PlannerEnvironment" in text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("[]", "names no issuer"),
        ("not json", "Invalid JSON"),
        (json.dumps([{**ISSUER, "audience": ""}]), "has no audience"),
        (json.dumps([{**ISSUER, "audience": []}]), "has no audience"),
        (json.dumps([{**ISSUER, "jwks_url": "http://i.example.com/keys"}]), "jwks_url"),
        (json.dumps([{**ISSUER, "audience_claim": "scope"}]), "audience_claim"),
    ],
)
def test_an_issuer_that_would_let_anybody_in_is_refused(value: str, reason: str) -> None:
    """No audience, or keys over an open line, would be an open door (AUTH-01)."""
    with pytest.raises(ConfigurationError, match=reason):
        parse(AuthorizerEnvironment, BASE | {"TRUSTED_ISSUERS": value})


@pytest.mark.parametrize("url", ["https://i/keys", "http://127.0.0.1:4566/_issuer/jwks.json", "http://localhost/k"])
def test_keys_come_over_tls_or_from_this_machine(url: str) -> None:
    """A local issuer needs no certificate."""
    found = parse(AuthorizerEnvironment, BASE | {"TRUSTED_ISSUERS": json.dumps([{**ISSUER, "jwks_url": url}])})
    assert found.trusted_issuers[0].jwks_url == url
    assert found.trusted_issuers[0].audiences == {"a"}


def test_a_guardrail_is_set_wholly_or_not_at_all() -> None:
    """Half a pair would silently be no guardrail."""
    agent = BASE | {
        "DATABASE_CLUSTER_ARN": "c",
        "DATABASE_SECRET_ARN": "s",
        "DATABASE_NAME": "d",
        "AUDIT_TABLE": "t",
        "USAGE_TABLE": "u",
        "BREAKER_TABLE": "b",
        "JOB_BUDGET_USD": "1",
        "MODELS": json.dumps(
            [
                {
                    "model_id": "m",
                    "max_tokens": 1,
                    "max_request_bytes": 1,
                    "max_answer_bytes": 1,
                    "input_usd_per_mtok": 3,
                    "output_usd_per_mtok": 15,
                }
            ]
        ),
        "GUARDRAIL_ID": "g",
    }
    with pytest.raises(ConfigurationError, match="set both or none"):
        parse(ReporterEnvironment, agent)
    assert parse(ReporterEnvironment, agent | {"GUARDRAIL_VERSION": "1"}).guardrail_version == "1"


def test_a_verified_connection_needs_an_authority() -> None:
    """Else it would be verified against nothing."""
    with pytest.raises(ConfigurationError, match="DATABASE_CA_FILE"):
        parse(RotationEnvironment, BASE | {"DATABASE_TLS": "verify"})


def test_the_environment_is_read_once_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A warm function does not parse it at each request."""
    for name, value in BASE.items():
        monkeypatch.setenv(name, value)
    environment.forget()
    first = environment.load(RotationEnvironment)
    monkeypatch.setenv("ENVIRONMENT", "changed")
    assert environment.load(RotationEnvironment) is first
    environment.forget()
    assert environment.load(RotationEnvironment).environment == "changed"
    environment.forget()


def test_a_wildcard_is_no_origin() -> None:
    """CORS is for one front end (API-13)."""
    with pytest.raises(ConfigurationError, match="ALLOWED_ORIGIN"):
        parse(ApiEnvironment, BASE | {"ALLOWED_ORIGIN": "*"})


@pytest.mark.parametrize(("started_by", "made"), [("provisioned-concurrency", 1), (None, 0)])
def test_a_process_kept_warm_has_its_services_before_the_first_request(
    monkeypatch: pytest.MonkeyPatch, started_by: str | None, made: int
) -> None:
    """Else the first request of each paid-for warm process would wait for them; an import elsewhere makes nothing."""
    asked: list[None] = []
    monkeypatch.setattr(app, "services", lambda: asked.append(None))
    monkeypatch.delenv("AWS_LAMBDA_INITIALIZATION_TYPE", raising=False)
    if started_by:
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", started_by)
    app.prepare()
    assert len(asked) == made
