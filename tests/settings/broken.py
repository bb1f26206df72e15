"""Of each rule that spans sections: an environment, and a change to its file that breaks the rule."""

from typing import Any

from tests.settings.compliance_cases import COMPLIANCE_CASES
from tests.settings.log_cases import LOG_CASES

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
    "shield.contact_phone": (
        "prod",
        {"shield": {"tier": "advanced", "subscription_confirmed": True, "contact_email": "oncall@alex.example"}},
    ),
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
