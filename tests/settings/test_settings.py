"""A platform engineer's mistake in the settings must stop the synthesis with a sentence that says what to change."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

import settings
from settings.load import requirement_of
from settings.model import Settings
from settings.rules import RULES
from tests.settings.compliance_cases import COMPLIANCE_CASES
from tests.settings.log_cases import LOG_CASES


def load_with(tmp_path: Path, environment: str, overlay: dict[str, Any]) -> Settings:
    path = tmp_path / "overlay.yaml"
    path.write_text(yaml.safe_dump(overlay))
    return settings.load(environment, path)


@pytest.mark.parametrize("environment", settings.ENVIRONMENTS)
def test_every_environment_has_valid_settings(environment: str) -> None:
    """CONF-02: otherwise nobody could deploy it."""
    loaded = settings.load(environment)
    assert loaded.name == environment
    with pytest.raises(Exception, match="frozen"):
        loaded.region = "eu-west-1"  # type: ignore[misc]


def sections(model: type[BaseModel], at: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found: list[tuple[tuple[str, ...], Any]] = []
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel) and not field.json_schema_extra:
            found += sections(annotation, (*at, name))
        else:
            found.append(((*at, name), field))
    return found


def test_every_setting_names_its_requirement() -> None:
    """An auditor asks why a figure is what it is."""
    nameless = [".".join(path) for path, _ in sections(Settings) if not requirement_of(path) and path != ("name",)]
    assert nameless == []
    assert len(sections(Settings)) >= 62


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    """A person mends a file once, not once a problem: unknown key, wrong type, out of range and a rule together."""
    with pytest.raises(settings.SettingsError) as error:
        load_with(
            tmp_path,
            "prod",
            {
                "api": {"burts": 3, "burst": "many"},
                "logs": {"hot_retention_days": 30},
                "agents": {"timeout_s": 5},
                "aurora": {"min_acu": 0},
            },
        )
    text = str(error.value)
    assert "api.burts: there is no such setting; did you mean api.burst?" in text
    assert "api.burst is 'many'" in text
    assert "[API-02]" in text
    assert "agents.timeout_s is 5" in text
    assert "[AGENT-06]" in text
    assert (
        "logs.hot_retention_days is 30: production keeps audit logs searchable for at least 2557 days [OBS-26]" in text
    )
    assert text.startswith("6 problem(s)"), text


BROKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "network.nat_gateways": (
        "local",
        {"network": {"nat_gateways": 3, "availability_zones": ["us-east-1a", "us-east-1b"]}},
    ),
    "network.availability_zones": ("staging", {"network": {"availability_zones": ["us-east-1a", "us-east-1b"]}}),
    "network.interface_endpoints": ("prod", {"network": {"interface_endpoints": "minimal"}}),
    "functions.in_vpc": ("prod", {"functions": {"in_vpc": False}}),
    "aurora.max_acu": ("dev", {"aurora": {"min_acu": 4, "max_acu": 2, "auto_pause_seconds": None}}),
    "aurora.auto_pause_seconds": ("staging", {"aurora": {"min_acu": 0.5, "auto_pause_seconds": 300}}),
    "aurora.readers_max": ("prod", {"aurora": {"readers": 4, "readers_max": 2}}),
    "aurora.deletion_protection": ("prod", {"aurora": {"deletion_protection": False}}),
    "retention.object_lock_mode": ("prod", {"retention": {"object_lock_mode": "governance"}}),
    "secrets.rotation_days": ("prod", {"secrets": {"rotation_days": 60}}),
    "auth.mfa": ("prod", {"auth": {"mfa": "optional"}}),
    "auth.threat_protection": ("prod", {"auth": {"threat_protection": False}}),
    "waf.count_until": ("dev", {"waf": {"mode": "count"}}),
    "waf.bot_control": ("prod-dr", {"waf": {"bot_control": False}}),
    "auth.social_login": ("prod", {"auth": {"social_login": True}}),
    "queue.visibility_seconds": ("dev", {"queue": {"visibility_seconds": 900}}),
    "queue.running_limit_seconds": ("dev", {"queue": {"running_limit_seconds": 800}}),
    "prices.ageing_trading_days": ("prod", {"prices": {"ageing_trading_days": 2}}),
    "hitl.expires_seconds": ("staging", {"hitl": {"expires_seconds": 60}}),
    "prices.valuation_date": ("staging", {"prices": {"valuation_date": "2022-12-28"}}),
    "prices.api_url": ("dev", {"prices": {"api_url": "http://127.0.0.1:1/x"}}),
    "langfuse.host": ("prod", {"langfuse": {"host": "https://cloud.langfuse.com"}}),
    "guardrails.check_output": ("prod", {"guardrails": {"check_output": False}}),
    "tracing.llm_content": ("staging", {"tracing": {"llm_content": "full"}}),
    "api.test_data": ("prod-dr", {"api": {"test_data": True}}),
    "api.allowed_origin": ("prod", {"api": {"allowed_origin": "http://app.example"}}),
    "auth.trusted_issuers": (
        "prod",
        {
            "auth": {
                "trusted_issuers": [{"issuer": "http://a.example", "jwks_url": "https://a.example/j", "audience": "x"}]
            }
        },
    ),
    "models.simulated": ("dev", {"models": {"simulated": True}}),
    "models.small.input_usd_per_mtok": ("prod", {"models": {"small": {"input_usd_per_mtok": 2.5}}}),
    "models.small.output_usd_per_mtok": ("prod", {"models": {"small": {"output_usd_per_mtok": 20}}}),
    "auth.access_token_seconds": ("prod", {"auth": {"access_token_seconds": 7200}}),
    "alarms.subscribers": ("dev", {"alarms": {"subscribers": {"critical": ["oncall@example.com"]}}}),
    "alarms.lambda_error_rate_pct": ("prod", {"alarms": {"lambda_error_rate_pct": 5}}),
    "cost.inference_daily_usd": ("prod-dr", {"cost": {"inference_daily_usd": 9000}}),
    "shield.tier": ("prod", {"shield": {"tier": "advanced"}}),
    "shield.contact_phone": ("prod", {"shield": {"tier": "advanced", "subscription_confirmed": True}}),
    "backup.copy_region": ("prod", {"backup": {"copy_region": None}}),
    "backup.lock_days": ("staging", {"backup": {"lock_days": 15}}),
    "backup.vault_lock": ("prod", {"backup": {"vault_lock": "governance"}}),
    "backup.restore_test": ("prod", {"backup": {"restore_test": "none"}}),
    "slo.freeze_pct": ("prod", {"slo": {"freeze_pct": 99.95}}),
    "slo.burns": (
        "prod",
        {"slo": {"burns": [{"budget_pct": 2, "long_minutes": 60, "short_minutes": 60, "severity": "critical"}]}},
    ),
    "slo.quality.accuracy_release_pct": ("prod", {"slo": {"quality": {"accuracy_release_pct": 96}}}),
    "tier": ("prod", {"tier": "dev"}),
    **LOG_CASES,
    **COMPLIANCE_CASES,
}


def test_every_rule_has_a_case_that_breaks_it() -> None:
    """A rule nobody has seen fail may never fail."""
    assert {rule[0] for rule in RULES} == set(BROKEN)


@pytest.mark.parametrize("path", BROKEN)
def test_a_broken_rule_names_the_setting_and_the_requirement(tmp_path: Path, path: str) -> None:
    """CONF-02: the message must lead to the line to change and to the reason."""
    environment, overlay = BROKEN[path]
    requirements = [requirement for at, _, requirement, _ in RULES if at == path]
    with pytest.raises(settings.SettingsError) as error:
        load_with(tmp_path, environment, overlay)
    lines = [line for line in str(error.value).splitlines() if line.startswith(f"  - {path} is ")]
    assert lines, str(error.value)
    assert any(requirement in lines[0] for requirement in requirements)


def _issuer(name: str = "https://a.example", **changes: Any) -> dict[str, Any]:
    return {"issuer": name, "jwks_url": f"{name}/keys", "audience": "alex", **changes}


@pytest.mark.parametrize(
    ("issuers", "says"),
    [
        ([_issuer(), _issuer(audience="other")], "https://a.example is named twice"),
        (
            [_issuer(user_prefix="okta:"), _issuer("https://b.example", user_prefix="okta:")],
            "user_prefix 'okta:' is used twice",
        ),
        ([_issuer(roles={"Firm Admins": "admin"})], r"roles.*'admin'.*'compliance'"),
        ([_issuer(roles={"": "compliance"})], "roles"),
        ([_issuer(user_prefix="Okta")], "user_prefix"),
        ([_issuer(role_claim="")], "role_claim"),
        ([_issuer(audience="")], "audience"),
        ([_issuer(audience_claim="scope")], "audience_claim"),
        ([_issuer("a.example")], "issuer"),
        ([_issuer(roles={f"{number:03} {'g' * 90}": "operator" for number in range(30)})], "map fewer groups"),
    ],
)
def test_an_issuer_that_could_confuse_people_or_roles_is_refused(
    tmp_path: Path, issuers: list[dict[str, Any]], says: str
) -> None:
    """AUTH-05, IAM-11: a mistyped role would silently give nothing, a second entry the wrong rules."""
    with pytest.raises(settings.SettingsError, match=rf"auth\.trusted_issuers(.|\n)*{says}"):
        load_with(tmp_path, "prod", {"auth": {"trusted_issuers": issuers}})


def test_a_firms_own_groups_are_mapped_to_roles(tmp_path: Path) -> None:
    """IAM-11: a directory's names for people are the firm's, not ours."""
    roles = {"Wealth - Supervisors": "senior_advisor", "GRC": "compliance"}
    loaded = load_with(tmp_path, "prod", {"auth": {"trusted_issuers": [_issuer(role_claim="groups", roles=roles)]}})
    assert loaded.auth.trusted_issuers[0].roles == roles


def test_functions_in_the_vpc_have_a_way_out(tmp_path: Path) -> None:
    """NET-02: without one the authorizer finds no token keys, so nobody gets in, and the planner no prices."""
    with pytest.raises(settings.SettingsError, match=r"nat_gateways is 0: functions in the VPC fetch.*\[NET-02\]"):
        load_with(tmp_path, "staging", {"network": {"nat_gateways": 0}})
    assert load_with(tmp_path, "dev", {"network": {"nat_gateways": 0}}).functions.in_vpc is False


def test_what_is_billed_by_user_or_request_is_on_only_where_it_pays() -> None:
    """SEC-03, AUTH-05, COST-01: bot control and Cognito's Plus plan protect nobody in a throw-away environment."""
    chosen = {name: settings.load(name) for name in settings.ENVIRONMENTS}
    on = {name for name, s in chosen.items() if s.waf.bot_control}
    assert on == {name for name, s in chosen.items() if s.auth.threat_protection} == {"staging", "prod", "prod-dr"}


def test_a_database_that_may_pause_cannot_be_productions(tmp_path: Path) -> None:
    """DATA-02: resuming takes many seconds, which breaks the latency objective."""
    with pytest.raises(settings.SettingsError, match=r"production's database must not pause.*\[DATA-02\]"):
        load_with(tmp_path, "prod", {"aurora": {"min_acu": 0, "auto_pause_seconds": 300}})


@pytest.mark.parametrize(("environment", "says"), [("prdo", "unknown environment 'prdo'"), (None, "no environment")])
def test_an_unknown_environment_lists_the_known_ones(environment: str | None, says: str) -> None:
    """Somebody who mistypes reads what would be right."""
    with pytest.raises(settings.SettingsError, match=says) as error:
        settings.load(environment)
    assert "local, dev, staging, prod, prod-dr" in str(error.value)


@pytest.mark.parametrize(
    ("content", "says"), [("a: [", "not valid YAML"), ("- 1", "must hold a mapping"), (None, "No such file")]
)
def test_an_unreadable_overlay_is_refused(tmp_path: Path, content: str | None, says: str) -> None:
    """An overlay that is silently ignored would deploy the wrong thing."""
    path = tmp_path / "overlay.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(settings.SettingsError, match=says):
        settings.load("dev", path)


def test_an_overlay_changes_only_what_it_names(tmp_path: Path) -> None:
    """Sections are merged: naming one setting must not reset its neighbours to production's defaults."""
    loaded = load_with(tmp_path, "staging", {"api": {"burst": 150}, "account": "123456789012"})
    assert (loaded.api.burst, loaded.api.rate_per_second, loaded.account) == (150, 100, "123456789012")


def test_a_setting_has_an_effect_or_says_which_system_will_read_it() -> None:
    """A figure that nothing reads is a promise to an auditor that nobody keeps."""
    root = Path(settings.__file__).resolve().parent.parent
    readers = [root / "app.py", *(root / "stacks").glob("*.py"), *(root / "alex" / "slo").glob("*.py")]
    readers += (root / "costs").rglob("*.py")
    code = "\n".join(path.read_text("utf-8") for path in [*readers, root / "alex" / "commands_slo.py"])
    wrong = []
    names = [path[-1] for path, _ in sections(Settings)]
    for path, field in sections(Settings):
        planned = "planned" in (field.json_schema_extra or {})
        name = (
            rf"\.{path[-1]}"
            if names.count(path[-1]) == 1
            else rf"\b(?:{path[-2]}|model)\.{path[-1]}"  # "model" is either role's
            if path[1:]
            else rf"settings\.{path[-1]}"
        )
        read = re.search(rf"{name}\b", code) is not None
        if read == planned and path[0] != "later":
            wrong.append(f"{'.'.join(path)}: {'read, but marked as planned' if read else 'nothing reads it'}")
    assert wrong == []
