"""What a stage holds that can be watched, found by walking its construct tree.

Decision: dashboards and alarms are not handed lists. A function, queue or table that somebody adds in any stack of the
stage is found here and appears by itself; what is added after the walk (a stack made later) is not.

What another account or region holds is left out: this one's CloudWatch does not see it. Names that stand in the
template as text are taken as text, so that they need no export; for the rest, CDK makes one export a resource.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aws_cdk import Fn, Stack, Token
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_wafv2 as waf
from constructs import IConstruct

from hardened import AlertTopic, Database
from hardened.agents import AgentFunction
from hardened.functions import Function
from hardened.identity import UserPool
from hardened.queues import WorkQueue
from hardened.rest_api import RestApi
from hardened.rotation import Rotation
from hardened.workflow import Workflow
from stacks.base import PlatformStack

T = TypeVar("T")


class InventoryError(Exception):
    """Two things of a kind have one name, so that a panel or an alarm of one would be taken for the other's."""


@dataclass(frozen=True, kw_only=True)
class Acl:
    """A web ACL as its metrics call it and its rules; ``regional`` or in front of CloudFront."""

    metric: str
    rules: tuple[str, ...]
    regional: bool


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A SageMaker endpoint, and its variants, which share its traffic."""

    name: str
    variants: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """Everything of a stage that dashboards and alarms are made of: by construct id, topics and events by path."""

    functions: Mapping[str, Function] = field(default_factory=dict)
    queues: Mapping[str, WorkQueue] = field(default_factory=dict)
    tables: Mapping[str, dynamodb.TableV2] = field(default_factory=dict)
    apis: Mapping[str, RestApi] = field(default_factory=dict)
    databases: Mapping[str, Database] = field(default_factory=dict)
    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    pools: Mapping[str, UserPool] = field(default_factory=dict)
    topics: Mapping[str, AlertTopic] = field(default_factory=dict)
    rotations: Mapping[str, Rotation] = field(default_factory=dict)
    acls: tuple[Acl, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    events: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Rules on events (not schedules): dimensions of their metrics by construct path."""
    counted: tuple[tuple[str, str], ...] = ()
    """Namespace and name of the metrics that filters count in logs."""
    alarms: tuple[str, ...] = ()
    """Names of the alarms."""

    @property
    def agents(self) -> dict[str, AgentFunction]:
        """The functions that are agents."""
        return {name: each for name, each in self.functions.items() if isinstance(each, AgentFunction)}


_WATCHED = (
    *(Function, WorkQueue, dynamodb.TableV2, RestApi, Database, Workflow, UserPool, AlertTopic, Rotation),
    *(waf.CfnWebACL, sagemaker.CfnEndpoint, events.CfnRule, logs.CfnMetricFilter, cw.CfnAlarm, cw.CfnCompositeAlarm),
)

_NAMED = (events.CfnRule, logs.CfnMetricFilter, cw.CfnAlarm, cw.CfnCompositeAlarm)
"""What has a name as text. A stack that stands alone is known by these only: the rest would make exports of it."""


def inventory(stage: IConstruct, *, beside: Stack) -> Inventory:
    """Walk ``stage``, for a stack (``beside``) whose account and region say what can be seen.

    :raises InventoryError: two functions, queues ... have one id.
    """
    seen = [each for each in stage.node.find_all() if isinstance(each, _WATCHED) and _visible(each, beside)]

    def of(kind: type[T]) -> list[T]:
        return [each for each in seen if isinstance(each, kind)]

    return Inventory(
        functions=_by_id(of(Function)),
        queues=_by_id(of(WorkQueue)),
        tables=_by_id(of(dynamodb.TableV2)),
        apis=_by_id(of(RestApi)),
        databases=_by_id(of(Database)),
        workflows=_by_id(of(Workflow)),
        pools=_by_id(of(UserPool)),
        topics={topic.node.path: topic for topic in of(AlertTopic)},
        rotations=_by_id(of(Rotation)),
        acls=tuple(_acl(each) for each in of(waf.CfnWebACL)),
        endpoints=tuple(_endpoint(each) for each in of(sagemaker.CfnEndpoint)),
        events={
            rule.node.path.removesuffix("/Resource"): _event(rule) for rule in of(events.CfnRule) if _listens(rule)
        },
        counted=tuple(pair for each in of(logs.CfnMetricFilter) for pair in _counted(each)),
        alarms=tuple(
            name
            for names in (
                [each.alarm_name for each in of(cw.CfnAlarm)],
                [each.alarm_name for each in of(cw.CfnCompositeAlarm)],
            )
            for name in names
            if name and not Token.is_unresolved(name)
        ),
    )


def _visible(each: IConstruct, beside: Stack) -> bool:
    stack = Stack.of(each)
    if isinstance(stack, PlatformStack) and stack.stands_alone and not isinstance(each, _NAMED):
        return False
    everywhere = isinstance(each, waf.CfnWebACL) and each.scope == "CLOUDFRONT"
    return stack.account == beside.account and (everywhere or stack.region == beside.region)


def _by_id(found: list[T]) -> dict[str, T]:
    named: dict[str, T] = {}
    for each in found:
        node = each.node  # type: ignore[attr-defined]
        if node.id in named:
            other = named[node.id].node.path  # type: ignore[attr-defined]
            raise InventoryError(
                f"{other} and {node.path} have one id: panels and alarms could not tell them apart; rename one"
            )
        named[node.id] = each
    return named


def _listens(rule: events.CfnRule) -> bool:
    """It waits for events; a schedule does not."""
    return bool(Stack.of(rule).resolve(rule.event_pattern))


def _event(rule: events.CfnRule) -> dict[str, str]:
    """Rules of the default bus have one dimension, those of other buses two."""
    bus = rule.event_bus_name
    if rule.name and not Token.is_unresolved(rule.name):
        name = rule.name
    else:  # of another bus: "bus|rule"
        name = Fn.select(1, Fn.split("|", rule.ref)) if bus else rule.ref
    return {"EventBusName": bus, "RuleName": name} if bus else {"RuleName": name}


def _acl(acl: waf.CfnWebACL) -> Acl:
    stack = Stack.of(acl)
    rules: list[dict[str, Any]] = stack.resolve(acl.rules) or []
    return Acl(
        metric=stack.resolve(acl.visibility_config)["metricName"],
        rules=tuple(rule["visibilityConfig"]["metricName"] for rule in sorted(rules, key=lambda r: r["priority"])),
        regional=acl.scope != "CLOUDFRONT",
    )


def _endpoint(endpoint: sagemaker.CfnEndpoint) -> Endpoint:
    """Its variants stand in its configuration, which a reference leads to; a foreign one has the usual variant."""
    stack = Stack.of(endpoint)
    reference = str(stack.resolve(endpoint.endpoint_config_name))
    configurations = (each for each in stack.node.find_all() if isinstance(each, sagemaker.CfnEndpointConfig))
    found = next((each for each in configurations if f"'{stack.resolve(each.logical_id)}'" in reference), None)
    variants = stack.resolve(found.production_variants) if found else [{"variantName": "AllTraffic"}]
    given = endpoint.endpoint_name
    return Endpoint(
        name=given if given and not Token.is_unresolved(given) else endpoint.attr_endpoint_name,
        variants=tuple(variant["variantName"] for variant in variants),
    )


def _counted(filter_: logs.CfnMetricFilter) -> list[tuple[str, str]]:
    """Metrics without dimensions; one that has some cannot be named before there are lines."""
    made: list[dict[str, Any]] = Stack.of(filter_).resolve(filter_.metric_transformations)
    return [(each["metricNamespace"], each["metricName"]) for each in made if not each.get("dimensions")]
