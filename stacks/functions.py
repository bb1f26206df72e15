"""What functions of an environment get from its settings."""

from dataclasses import replace

from hardened import Alerts, FunctionNetwork
from hardened.alarms import FunctionLimits
from hardened.function_policies import FunctionPolicies
from hardened.functions import FunctionDefaults
from settings import Settings


def function_defaults(
    settings: Settings,
    *,
    network: FunctionNetwork | None,
    alerts: Alerts,
    policies: FunctionPolicies,
    outside: str = "",
) -> FunctionDefaults:
    """Runtime, architecture, logging, placement and error limits of every function.

    ``network`` None: outside the VPC, because of ``outside`` (empty: by the setting).
    """
    alarms = settings.alarms
    defaults = FunctionDefaults(
        environment=settings.name,
        python=settings.functions.python,
        architecture=settings.functions.architecture,
        log_level=settings.functions.log_level,
        network=network,
        alerts=alerts,
        policies=policies,
        limits=FunctionLimits(
            rate_pct=alarms.lambda_error_rate_pct,
            count=alarms.lambda_errors,
            p95_pct=alarms.lambda_p95_timeout_pct,
            p99_pct=alarms.lambda_p99_timeout_pct,
            concurrency_pct=alarms.concurrency_pct,
        ),
    )
    return replace(defaults, outside=outside) if outside else defaults


def price_environment(settings: Settings) -> dict[str, str]:
    """Where prices come from and which of them are believed, as the planner reads it (INT-04, WEB-05)."""
    prices = settings.prices
    return {
        "PRICE_API_URL": prices.api_url,
        "PRICE_AGEING_TRADING_DAYS": str(prices.ageing_trading_days),
        "PRICE_STALE_TRADING_DAYS": str(prices.stale_trading_days),
        "PRICE_JUMP_FACTOR": str(prices.jump_factor),
    }
