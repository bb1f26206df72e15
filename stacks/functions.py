"""What all functions of an environment share, from its settings."""

from hardened import Alerts, FunctionNetwork
from hardened.alarms import ErrorLimits
from hardened.function_policies import FunctionPolicies
from hardened.functions import FunctionDefaults
from settings import Settings


def function_defaults(
    settings: Settings, *, network: FunctionNetwork | None, alerts: Alerts, policies: FunctionPolicies
) -> FunctionDefaults:
    """Runtime, architecture, logging, placement and error limits of every function.

    ``network`` None: outside the VPC.
    """
    return FunctionDefaults(
        environment=settings.name,
        python=settings.functions.python,
        architecture=settings.functions.architecture,
        log_level=settings.functions.log_level,
        network=network,
        alerts=alerts,
        policies=policies,
        errors=ErrorLimits(rate_pct=settings.alarms.lambda_error_rate_pct, count=settings.alarms.lambda_errors),
    )
