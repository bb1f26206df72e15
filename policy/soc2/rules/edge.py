"""The edge: how much callers may ask, what is remembered of them, and what is recorded (API-02, AUTH-01, OBS-18)."""

from typing import Any

from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import Resource
from soc2.values import every, is_true, items, number, shown, some

STAGE, STAGE_V2 = "AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"

LONGEST_CACHE = 300
"""Seconds for which production may remember an authorizer's answer: so long does a locked-out user get in."""


def _settings(stage: Resource) -> list[Any]:
    """Settings of routes: all of REST's, or those of HTTP and WebSocket APIs."""
    if stage.type == STAGE:
        return items(stage.get("MethodSettings"))
    return [stage.get("DefaultRouteSettings", default={}), *stage.get("RouteSettings", default={}).values()]


def _stage_wide(stage: Resource, setting: Any) -> bool:
    if stage.type == STAGE_V2:
        return bool(setting == stage.get("DefaultRouteSettings", default={}))
    return bool(setting.get("HttpMethod") == "*" and setting.get("ResourcePath") in ("/*", "*"))


@rule(
    "SOC2-API-THROTTLE",
    "API stages limit the rate and the burst of requests",
    on=(STAGE, STAGE_V2),
    criteria=("A1.1", "CC6.6"),
    severity=Severity.MEDIUM,
    fix="set ThrottlingRateLimit and ThrottlingBurstLimit for all methods "
    "(CDK: StageOptions(throttling_rate_limit=..., throttling_burst_limit=...))",
    requirements=("API-02",),
)
def throttle(stage: Resource) -> Findings:
    """A limit below zero switches throttling off; the account's limit is shared by all its APIs."""
    if not some(lambda setting: _stage_wide(stage, setting) and _throttles(setting), _settings(stage)):
        yield Broken(
            "no limits for all of its methods", at="MethodSettings" if stage.type == STAGE else "DefaultRouteSettings"
        )
    elif some(lambda setting: not _throttles(setting, otherwise=0), _settings(stage)):
        yield Broken("a method's limit is switched off", detail="method")


def _throttles(setting: Any, otherwise: float = -1) -> bool:
    return every(
        lambda name: number(setting.get(name), default=otherwise) >= 0, ("ThrottlingRateLimit", "ThrottlingBurstLimit")
    )


@rule(
    "SOC2-API-LOGS",
    "API stages record who called what, and what went wrong",
    on=(STAGE, STAGE_V2),
    criteria=("CC7.2", "CC7.3", "P6.2"),
    severity=Severity.MEDIUM,
    fix="set AccessLogSetting.DestinationArn and LoggingLevel ERROR or INFO for all methods "
    "(CDK: StageOptions(access_log_destination=..., logging_level=...))",
    requirements=("OBS-29",),
)
def logs(stage: Resource) -> Findings:
    """HTTP APIs have access logs only."""
    name = "AccessLogSetting" if stage.type == STAGE else "AccessLogSettings"

    def access(_: str) -> Findings:
        if not stage.get(name, "DestinationArn"):
            yield Broken("no destination for access logs", at=f"{name}.DestinationArn", detail="access")

    def execution(_: str) -> Findings:
        if stage.type == STAGE and not some(lambda found: _stage_wide(stage, found) and _logs(found), _settings(stage)):
            yield Broken("no LoggingLevel for all methods", at="MethodSettings", detail="execution")

    yield from each(lambda kind: kind(""), (access, execution))


def _logs(setting: Any) -> bool:
    return some(lambda level: bool(setting.get("LoggingLevel") == level), ("ERROR", "INFO"))


@rule(
    "SOC2-API-TRACE",
    "API stages trace requests",
    on=STAGE,
    criteria=("CC7.2", "A1.1"),
    severity=Severity.LOW,
    fix="set TracingEnabled to true (CDK: StageOptions(tracing_enabled=True))",
    requirements=("OBS-18",),
)
def trace(stage: Resource) -> Findings:
    """A trace that starts behind the API misses what the caller waited for."""
    if not is_true(stage.get("TracingEnabled")):
        yield Broken(f"TracingEnabled is {shown(stage.get('TracingEnabled'))}", at="TracingEnabled")


@rule(
    "SOC2-API-PRIVATE-DATA",
    "API stages keep bodies out of the logs",
    on=(STAGE, STAGE_V2),
    criteria=("C1.1", "P4.1", "CC6.7"),
    severity=Severity.HIGH,
    fix="set DataTraceEnabled to false for all methods (CDK: StageOptions(data_trace_enabled=False))",
    requirements=("OBS-29",),
)
def private_data(stage: Resource) -> Findings:
    """Full requests hold client data and tokens, and logs have more readers than the database."""

    def judge(setting: Any) -> Findings:
        if is_true(setting.get("DataTraceEnabled")):
            where = f"{setting.get('HttpMethod', 'ANY')} {setting.get('ResourcePath', '/*')}"
            yield Broken(f"DataTraceEnabled is true for {where}", detail=where)

    yield from each(judge, _settings(stage))


@rule(
    "SOC2-FURL-AUTH",
    "Function URLs demand signed requests",
    on="AWS::Lambda::Url",
    criteria=("CC6.1", "CC6.6"),
    severity=Severity.CRITICAL,
    fix="set AuthType to AWS_IAM (CDK: add_function_url(auth_type=FunctionUrlAuthType.AWS_IAM))",
    requirements=("AUTH-01",),
)
def function_url(url: Resource) -> Findings:
    """A function URL has neither authorizer nor throttling in front of it."""
    if url.get("AuthType") != "AWS_IAM":
        yield Broken(f"AuthType is {shown(url.get('AuthType'))}", at="AuthType")


@rule(
    "SOC2-API-AUTHORIZER",
    "Authorizers remember answers by the caller's credentials, and not for long",
    on=("AWS::ApiGateway::Authorizer", "AWS::ApiGatewayV2::Authorizer"),
    criteria=("CC6.1", "CC6.2", "CC6.3"),
    severity=Severity.HIGH,
    fix=f"set IdentitySource, and AuthorizerResultTtlInSeconds to {LONGEST_CACHE} at most "
    "(CDK: TokenAuthorizer(results_cache_ttl=...)); for JWT set JwtConfiguration.Audience",
    requirements=("AUTH-01", "AUTH-02"),
)
def authorizer(resource: Resource) -> Findings:
    """Without a source, cached answers are shared by all callers. Without an audience, other clients' tokens pass."""
    rest = resource.type == "AWS::ApiGateway::Authorizer"
    kind = resource.get("Type" if rest else "AuthorizerType")
    if kind == "COGNITO_USER_POOLS":
        raise NotApplicable("the user pool itself decides, each time")
    if kind == "JWT":
        if not items(resource.get("JwtConfiguration", "Audience")):
            yield Broken("tokens for any audience are accepted", at="JwtConfiguration.Audience", detail="audience")
        return
    cached = number(resource.get("AuthorizerResultTtlInSeconds"), default=300 if rest else 0)
    if cached > 0 and not items(resource.get("IdentitySource")):
        yield Broken("answers are cached without IdentitySource", at="IdentitySource", detail="source")
    if resource.assembly.profile.production and cached > LONGEST_CACHE:
        yield Broken(f"answers are cached for {cached:.0f} s", at="AuthorizerResultTtlInSeconds", detail="cache")
