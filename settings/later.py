"""Settings of systems that are not built yet: typed and checked now, so that an environment's file is complete.

Nothing reads them; ``alex settings`` says so, and names the system that will.
"""

from typing import Literal

from pydantic import Field

from settings.figure import Section, figure


class Range(Section):
    """From ``low`` to ``high``."""

    low: int = Field(ge=1)
    high: int = Field(ge=1)


class Later(Section):
    """One group, so that it is plain what has no effect."""

    redis_nodes: int = figure(5, req="DATA-17", system="SYS-64", ge=1)
    eks_nodes: Range = figure(Range(low=15, high=150), req="EKS-02", system="SYS-63")
    salesforce_refresh_minutes: int = figure(15, req="INT-01", system="SYS-65", unit="min", ge=5)
    optimisation_jobs_billing: Literal["on_demand", "provisioned"] = figure(
        "provisioned", req="DATA-09", system="SYS-21"
    )
    optimisation_max_instances: int = figure(20, req="ML-01", system="SYS-23", ge=1)
    optimisation_use_spot: bool = figure(True, req="ML-02", system="SYS-23")
    embedding_dimension: Literal[256, 384, 512, 768, 1024] = figure(768, req="RAG-04", system="SYS-32")
    enterprise_search: Literal["knowledge_base", "kendra"] = figure("knowledge_base", req="RAG-10", system="SYS-33")
    market_context_store: Literal["s3_vectors", "opensearch"] = figure("s3_vectors", req="RAG-01", system="SYS-30")
    search_nodes: int = figure(3, req="RAG-03", system="SYS-31", ge=1)
    researcher_schedule: str = figure(
        "rate(2 hours)", req="AGENT-10", system="SYS-30", pattern=r"^(off|rate\(.+\)|cron\(.+\))$"
    )
    stream_brokers: int = figure(6, req="STREAM-01", system="SYS-54", ge=2)
