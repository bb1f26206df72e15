"""What stands before the platform: the API, the web ACL, sign-in."""

from collections.abc import Iterator

from costs.month import HOURS, Month, Use, measures
from costs.resource import EstimateError, Resource

CACHES = {"0.5": "cache_0_5_hour", "1.6": "cache_1_6_hour", "6.1": "cache_6_1_hour"}
TIERS = {"LITE": "lite", "ESSENTIALS": "essentials", "PLUS": "plus"}
BOT_CONTROL = "AWSManagedRulesBotControlRuleSet"


@measures("AWS::ApiGateway::Stage")
def stage(found: Resource, month: Month) -> Iterator[Use]:
    """Requests, what they answer, and a cache that costs by the hour."""
    yield Use("api_gateway.request", month.requests)
    yield Use("data_transfer.out", month.requests * month.usage.response_kb / 1024**2)
    if found.get("TracingEnabled"):
        yield Use("xray.trace", month.settings.tracing.sample_rate * month.requests)
    if found.get("CacheClusterEnabled"):
        size = str(found.get("CacheClusterSize", default="0.5"))
        if size not in CACHES:
            raise EstimateError(
                f"{found.stack}/{found.logical_id}: no price for a cache of {size} GB: add it to costs/prices.toml"
            )
        yield Use(f"api_gateway.{CACHES[size]}", HOURS, fixed=True)


@measures("AWS::WAFv2::WebACL")
def web_acl(found: Resource, month: Month) -> Iterator[Use]:
    """The list, each rule or group of rules, each request, and bot control apart."""
    rules = found.get("Rules", default=())
    yield Use("waf.acl", 1, fixed=True)
    yield Use("waf.rule", len(rules), fixed=True)
    yield Use("waf.request", month.requests)
    for index in range(len(rules)):
        if found.get("Rules", index, "Statement", "ManagedRuleGroupStatement", "Name") == BOT_CONTROL:
            yield Use("waf.bot_control", 1, fixed=True)
            yield Use("waf.bot_control_request", month.requests)


@measures("AWS::WAFv2::RuleGroup")
def rule_group(found: Resource, _month: Month) -> Iterator[Use]:
    """The rules inside cost as if they stood in the list."""
    yield Use("waf.rule", len(found.get("Rules", default=())), fixed=True)


@measures("AWS::Cognito::UserPool")
def user_pool(found: Resource, month: Month) -> Iterator[Use]:
    """Who signs in within the month, by the pool's plan."""
    yield Use(f"cognito.{TIERS[found.get('UserPoolTier', default='ESSENTIALS')]}", month.usage.users)


@measures("AWS::Shield::ProactiveEngagement", "AWS::Shield::ProtectionGroup", "AWS::Shield::DRTAccess")
def shield_service(_found: Resource, _month: Month) -> Iterator[Use]:
    """Part of the subscription, which `shield` counts."""
    yield from ()


@measures("AWS::Shield::Protection")
def shield(found: Resource, month: Month) -> Iterator[Use]:
    """The subscription of the organisation, once, however much it protects."""
    first = next(iter(month.deployment.of_type("AWS::Shield::Protection")))
    if found == first:
        yield Use("shield.advanced", 1, fixed=True)
