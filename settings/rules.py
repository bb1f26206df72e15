"""The rules that span the sections of an environment's settings: path, reason, requirement, and what must hold.

A rule names the requirement in its message, as every single field does through `figure`.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from settings.alarms import ALARM_RULES
from settings.compliance_rules import COMPLIANCE_RULES
from settings.edge import EDGE_RULES
from settings.logs import LOG_RULES
from settings.objectives import OBJECTIVE_RULES

if TYPE_CHECKING:
    from settings.model import Settings


def _prod(check: Callable[["Settings"], bool]) -> Callable[["Settings"], bool]:
    """The check, for production only."""
    return lambda s: not s.is_production or check(s)


def _no_plain_http(urls: Callable[["Settings"], list[str]]) -> Callable[["Settings"], bool]:
    """The addresses are https, except in the local cloud."""
    return lambda s: s.tier == "local" or all(url.startswith("https://") for url in urls(s))


LANGFUSE_CLOUD = re.compile(r"https://([a-z]+\.)?cloud\.langfuse\.com/?$")
NO_HTTP = "plain http is for the local cloud only"

RULES: tuple[tuple[str, str, str, Callable[["Settings"], bool]], ...] = (
    (
        "tier",
        "each environment has its own tier; prod-dr has prod's",
        "CONF-02",
        lambda s: s.tier == ("prod" if s.name == "prod-dr" else s.name),
    ),
    (
        "network.availability_zones",
        "the zones must lie in the settings' region",
        "NET-01",
        lambda s: all(zone[:-1] == s.region for zone in s.network.availability_zones),
    ),
    (
        "network.availability_zones",
        "staging and production span three zones",
        "NET-01",
        lambda s: s.tier not in {"staging", "prod"} or len(s.network.availability_zones) == 3,
    ),
    (
        "network.nat_gateways",
        "there cannot be more NAT gateways than zones",
        "NET-02",
        lambda s: s.network.nat_gateways <= len(s.network.availability_zones),
    ),
    (
        "network.interface_endpoints",
        "functions in the VPC need the full list of endpoints",
        "NET-03",
        lambda s: not s.functions.in_vpc or s.network.interface_endpoints == "full",
    ),
    (
        "network.nat_gateways",
        "functions in the VPC fetch prices and token keys over the internet: one gateway at least",
        "NET-02",
        lambda s: not s.functions.in_vpc or s.network.nat_gateways >= 1,
    ),
    ("functions.in_vpc", "production's functions run in the VPC", "NET-10", _prod(lambda s: s.functions.in_vpc)),
    (
        "aurora.max_acu",
        "the maximum capacity must not be below the minimum",
        "DATA-02",
        lambda s: s.aurora.max_acu >= s.aurora.min_acu,
    ),
    (
        "aurora.auto_pause_seconds",
        "a database pauses only from a minimum of 0 ACU, and 0 ACU needs a pause time",
        "DATA-02",
        lambda s: (s.aurora.auto_pause_seconds is not None) == (s.aurora.min_acu == 0),
    ),
    (
        "aurora.auto_pause_seconds",
        "production's database must not pause: resuming takes many seconds",
        "DATA-02",
        _prod(lambda s: s.aurora.auto_pause_seconds is None and s.aurora.min_acu > 0),
    ),
    (
        "aurora.readers_max",
        "must not be below aurora.readers",
        "DATA-03",
        lambda s: s.aurora.readers_max >= s.aurora.readers,
    ),
    (
        "aurora.deletion_protection",
        "production's database is protected from deletion",
        "DATA-01",
        _prod(lambda s: s.aurora.deletion_protection),
    ),
    *LOG_RULES,
    (
        "retention.object_lock_mode",
        "production locks objects in compliance mode",
        "LAKE-16",
        _prod(lambda s: s.retention.object_lock_mode == "compliance"),
    ),
    (
        "secrets.rotation_days",
        "production rotates secrets within 30 days",
        "SEC-15",
        _prod(lambda s: s.secrets.rotation_days <= 30),
    ),
    ("auth.mfa", "production requires a second factor", "AUTH-05", _prod(lambda s: s.auth.mfa == "required")),
    (
        "auth.threat_protection",
        "production notices guessed and leaked passwords",
        "AUTH-05",
        _prod(lambda s: s.auth.threat_protection),
    ),
    ("auth.social_login", "production allows no social login", "AUTH-05", _prod(lambda s: not s.auth.social_login)),
    (
        "queue.visibility_seconds",
        "a message must stay invisible longer than the planner may run",
        "AGENT-01",
        lambda s: s.queue.visibility_seconds > s.planner.timeout_s,
    ),
    (
        "queue.running_limit_seconds",
        "a job is stale only after the planner's timeout",
        "AGENT-05",
        lambda s: s.queue.running_limit_seconds > s.planner.timeout_s,
    ),
    (
        "prices.ageing_trading_days",
        "a price is amber before it is red",
        "WEB-05",
        lambda s: s.prices.ageing_trading_days < s.prices.stale_trading_days,
    ),
    (
        "prices.valuation_date",
        "only local and dev may look at a fixed day",
        "INT-04",
        lambda s: s.prices.valuation_date is None or s.tier in {"local", "dev"},
    ),
    (
        "models.simulated",
        "only the local cloud answers with the simulated analyst",
        "LLM-01",
        lambda s: not s.models.simulated or s.tier == "local",
    ),
    (
        "models.small.input_usd_per_mtok",
        "the small model stands in when money is short: it must not cost more than the large one",
        "LLM-04",
        lambda s: s.models.small.input_usd_per_mtok <= s.models.large.input_usd_per_mtok,
    ),
    (
        "models.small.output_usd_per_mtok",
        "the small model stands in when money is short: it must not cost more than the large one",
        "LLM-04",
        lambda s: s.models.small.output_usd_per_mtok <= s.models.large.output_usd_per_mtok,
    ),
    (
        "langfuse.host",
        "langfuse.mode cloud means https://cloud.langfuse.com or a region of it, self_hosted a server of your own",
        "OBS-20",
        lambda s: s.tier == "local" or (s.langfuse.mode == "cloud") == bool(LANGFUSE_CLOUD.match(s.langfuse.host)),
    ),
    ("langfuse.host", NO_HTTP, "OBS-20", _no_plain_http(lambda s: [s.langfuse.host])),
    (
        "guardrails.check_output",
        "the managed guardrail judges what production's readers get, not only what is asked",
        "GUARD-06",
        _prod(lambda s: s.guardrails.check_output),
    ),
    (
        "tracing.llm_content",
        "clients' prompts and answers stay here: only local and dev, with made-up data, may export them in full",
        "OBS-23",
        lambda s: s.tracing.llm_content != "full" or s.tier in {"local", "dev"},
    ),
    (
        "hitl.expires_seconds",
        "only local and dev may rehearse with a fixed time in place of business days",
        "HITL-01",
        lambda s: s.hitl.expires_seconds is None or s.tier in {"local", "dev"},
    ),
    ("prices.api_url", NO_HTTP, "INT-04", _no_plain_http(lambda s: [s.prices.api_url])),
    ("api.test_data", "production takes no test data", "DATA-18", _prod(lambda s: not s.api.test_data)),
    ("api.allowed_origin", NO_HTTP, "API-12", _no_plain_http(lambda s: [s.api.allowed_origin])),
    (
        "auth.trusted_issuers",
        NO_HTTP,
        "AUTH-05",
        _no_plain_http(
            lambda s: [url for issuer in s.auth.trusted_issuers for url in (issuer.issuer, issuer.jwks_url)]
        ),
    ),
    (
        "auth.access_token_seconds",
        "production's tokens expire within an hour",
        "AUTH-03",
        _prod(lambda s: s.auth.access_token_seconds <= 3600),
    ),
    (
        "backup.copy_region",
        "backups are copied to another region than their own, and production's always are",
        "DR-02",
        lambda s: s.backup.copy_region != s.region and (not s.is_production or s.backup.copy_region is not None),
    ),
    (
        "backup.lock_days",
        "a vault cannot lock recovery points for longer than the plan keeps them (backup.keep_days)",
        "DR-02",
        lambda s: s.backup.vault_lock == "none" or s.backup.lock_days <= s.backup.keep_days,
    ),
    (
        "backup.vault_lock",
        "nobody may delete production's backups early: compliance",
        "DR-02",
        _prod(lambda s: s.backup.vault_lock == "compliance"),
    ),
    (
        "backup.restore_test",
        "production's backups are restored to try them",
        "DR-02",
        _prod(lambda s: s.backup.restore_test != "none"),
    ),
    *ALARM_RULES,
    *OBJECTIVE_RULES,
    *EDGE_RULES,
    *COMPLIANCE_RULES,
)
