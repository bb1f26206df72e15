"""The settings of one environment. Defaults are production's (CONF-02); rules that span sections stand in `rules`."""

import hashlib
from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from settings import application as app
from settings import compliance as comp
from settings import edge
from settings import platform as plat
from settings.alarms import Alarms
from settings.figure import Section, figure
from settings.later import Later
from settings.logs import Logs
from settings.objectives import Slo
from settings.rules import RULES
from settings.usage import Usage

EnvironmentName = Literal["local", "dev", "staging", "prod", "prod-dr"]


class Settings(Section):
    """Everything that differs between environments."""

    name: EnvironmentName
    tier: Literal["local", "dev", "staging", "prod"] = figure(req="CONF-02")
    account: str | None = figure(None, req="ACCT-01", pattern=r"^\d{12}$")
    region: str = figure("us-east-1", req="CONF-02", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    network: plat.Network = Field(default_factory=plat.Network)
    secrets: plat.Secrets = Field(default_factory=plat.Secrets)
    aurora: plat.Aurora = Field(default_factory=plat.Aurora)
    logs: Logs = Field(default_factory=Logs)
    backup: plat.Backup = Field(default_factory=plat.Backup)
    retention: plat.Retention = Field(default_factory=plat.Retention)
    market_data: plat.MarketData = Field(default_factory=plat.MarketData)
    waf: edge.Waf = Field(default_factory=edge.Waf)
    shield: edge.Shield = Field(default_factory=edge.Shield)
    alarms: Alarms = Field(default_factory=Alarms)
    singletons: comp.Singletons = Field(default_factory=comp.Singletons)
    compliance: comp.Compliance = Field(default_factory=comp.Compliance)
    cost: plat.Cost = Field(default_factory=plat.Cost)
    usage: Usage = Field(default_factory=Usage)
    dr: plat.Recovery = Field(default_factory=plat.Recovery)
    slo: Slo = Field(default_factory=Slo)
    deploy: plat.Deploy = Field(default_factory=plat.Deploy)
    functions: app.Functions = Field(default_factory=app.Functions)
    planner: app.Planner = Field(default_factory=app.Planner)
    queue: app.Queue = Field(default_factory=app.Queue)
    agents: app.Agents = Field(default_factory=app.Agents)
    guardrails: app.Guardrails = Field(default_factory=app.Guardrails)
    hitl: app.HumanApproval = Field(default_factory=app.HumanApproval)
    models: app.Models = Field(default_factory=app.Models)
    breaker: app.Breaker = Field(default_factory=app.Breaker)
    api: app.Api = Field(default_factory=app.Api)
    validation: app.Validation = Field(default_factory=app.Validation)
    auth: app.Auth = Field(default_factory=app.Auth)
    prices: app.Prices = Field(default_factory=app.Prices)
    tracing: app.Tracing = Field(default_factory=app.Tracing)
    langfuse: app.Langfuse = Field(default_factory=app.Langfuse)
    later: Later = Field(default_factory=Later)

    @property
    def is_production(self) -> bool:
        """Production or its recovery region: nothing may be destroyed, paused or weakened."""
        return self.tier == "prod"

    @property
    def digest(self) -> str:
        """SHA-256 of all values, for the evidence of what was deployed."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def _shown(self, path: str) -> str:
        """The path with the value that stands there."""
        value: object = self
        for part in path.split("."):
            value = getattr(value, part)
        return f"{path} is {value!r}"

    @model_validator(mode="after")
    def _rules(self) -> "Settings":
        broken = [f"{self._shown(path)}: {reason} [{req}]" for path, reason, req, fine in RULES if not fine(self)]
        if broken:
            raise PydanticCustomError("rules", "{broken}", {"broken": "\n".join(broken)})
        return self
