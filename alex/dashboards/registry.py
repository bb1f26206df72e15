"""The metrics that exist: those of AWS services (`aws_metrics.toml`), of our own code, and of filters on logs.

A panel of a metric that nobody writes is empty for ever, and looks like health. So does one of a metric that is asked
for with a dimension too many or too few: to CloudWatch that is another metric.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from alex.dashboards import own_metrics
from alex.dashboards.own_metrics import Written

OWN = "Alex"
OWN_DIMENSIONS = frozenset({"Environment", "Service", "Agent"})
AWS = Path(__file__).with_name("aws_metrics.toml")
SEARCH = re.compile(r"SEARCH\('\{(?P<space>[^,}]+)(?P<dimensions>[^}]*)\}(?:.*?MetricName=\"(?P<name>\w+)\")?")
ANY_AGENT = own_metrics.agents


@dataclass(frozen=True)
class Registry:
    """What an environment's metrics are.

    :param environment: its name, the dimension of our own metrics.
    :param handlers: module of each function's handler, by the function's service name.
    :param filtered: namespace and name of what filters count in logs; without dimensions.
    :param written: what our own code writes.
    """

    environment: str
    handlers: Mapping[str, str]
    filtered: frozenset[tuple[str, str]] = frozenset()
    written: tuple[Written, ...] = field(default_factory=own_metrics.written)

    @cached_property
    def aws(self) -> dict[tuple[str, frozenset[str]], frozenset[str]]:
        """Names of AWS's metrics by namespace and dimensions."""
        tables = tomllib.loads(AWS.read_text("utf-8"))["metrics"]
        return {(t["namespace"], frozenset(t["dimensions"])): frozenset(t["names"]) for t in tables}

    @cached_property
    def _services(self) -> dict[str, frozenset[str]]:
        """Services by module: the functions whose handler brings it along."""
        reached = {service: own_metrics.reached(module) for service, module in self.handlers.items()}
        return {
            each.module: frozenset(service for service, modules in reached.items() if each.module in modules)
            for each in self.written
        }

    def services(self, each: Written) -> frozenset[str]:
        """The functions that may write it."""
        return self._services[each.module]

    def lacks(self, namespace: str, name: str, dimensions: Mapping[str, str]) -> str:
        """Why nobody writes this metric; empty if somebody does."""
        said = ", ".join(f"{key}={value}" for key, value in sorted(dimensions.items())) or "no dimensions"
        if (namespace, name) in self.filtered:
            return f"{namespace} {name} is counted in logs without dimensions, not with {said}" if dimensions else ""
        if namespace != OWN:
            known = self.aws.get((namespace, frozenset(dimensions)), frozenset())
            return "" if name in known else f"{AWS.name} has no {namespace} {name} with {said}"
        if dimensions.get("Environment") != self.environment:
            return f"our own {name} carries Environment, Service and Agent of {self.environment}, not {said}"
        if len(dimensions) == 1 and name in own_metrics.summed():
            return ""
        if frozenset(dimensions) != OWN_DIMENSIONS:
            return f"our own {name} carries Environment, Service and Agent, not {said}"
        return "" if self.own(name, dimensions) else f"no function writes {name} with {said}"

    def own(self, name: str, dimensions: Mapping[str, str]) -> list[Written]:
        """The places that write our own metric with these dimensions."""
        service, agent = dimensions["Service"], dimensions["Agent"]
        return [
            each
            for each in self.written
            if each.name == name
            and service in self.services(each)
            and (agent in each.agents if each.agents is not None else agent in {service, *ANY_AGENT()})
        ]

    def lacks_of_search(self, expression: str) -> str:
        """Why a search would find nothing; empty for what is no search."""
        if "SEARCH(" not in expression:
            return ""
        match = SEARCH.search(expression)
        if not match or not match["name"]:
            return f"{expression}: search for one metric by its name"
        dimensions = {name.strip(): "*" for name in match["dimensions"].split(",") if name.strip()}
        return self.lacks(match["space"], match["name"], dimensions)


def registry_of(environment: str, templates: Mapping[str, Mapping[str, Any]]) -> Registry:
    """The registry of synthesised templates."""
    resources = [resource for template in templates.values() for resource in template["Resources"].values()]
    handlers = {}
    for resource in resources:
        properties = resource.get("Properties", {})
        service = properties.get("Environment", {}).get("Variables", {}).get("POWERTOOLS_SERVICE_NAME")
        if resource["Type"] == "AWS::Lambda::Function" and service:
            handlers[service] = str(properties["Handler"]).rpartition(".")[0]
    filtered = frozenset(
        (made["MetricNamespace"], made["MetricName"])
        for resource in resources
        if resource["Type"] == "AWS::Logs::MetricFilter"
        for made in resource["Properties"]["MetricTransformations"]
    )
    return Registry(environment, handlers, filtered)
