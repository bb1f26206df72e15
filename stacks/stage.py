"""What is deployed together, from the ground up: each stack gets typed constructs of the stacks below it."""

from aws_cdk import Environment, Stage
from constructs import Construct

from hardened import demand_gate
from hardened.function_policies import FunctionPolicies
from hardened.topics import Domain
from settings import Settings
from stacks.agents import AgentsStack
from stacks.alarms import AlarmsStack
from stacks.api import ApiStack
from stacks.approvals import ApprovalsStack
from stacks.automations import AutomationsStack
from stacks.bundles import Bundles
from stacks.compliance import ComplianceStack
from stacks.cost import CostStack
from stacks.data import DataStack
from stacks.edge import EdgeStack
from stacks.functions import function_defaults
from stacks.log_queries import save_queries
from stacks.network import NetworkStack
from stacks.observability import ObservabilityStack
from stacks.recovery import RecoveryStack
from stacks.security import SecurityStack


class PlatformStage(Stage):
    """One environment: ``Alex-<environment>``. Without an account in the settings it deploys to the caller's."""

    def __init__(self, scope: Construct, *, settings: Settings, bundles: Bundles) -> None:
        super().__init__(
            scope, f"Alex-{settings.name}", env=Environment(account=settings.account, region=settings.region)
        )
        security = SecurityStack(self, "Security", settings=settings)
        security.defaults.attach(self)
        network = NetworkStack(self, "Network", settings=settings, log_archive=security.log_archive).network
        functions = function_defaults(
            settings,
            network=network.placement(in_vpc=settings.functions.in_vpc),
            alerts=security.alerts,
            policies=FunctionPolicies(security, "FunctionPolicies"),
        )
        data = DataStack(
            self,
            "Data",
            settings=settings,
            keys=security.keys,
            network=network,
            access_logs=security.access_logs,
            functions=functions.within(Domain.DATABASE),
            bundles=bundles,
        )
        approvals = ApprovalsStack(
            self,
            "Approvals",
            settings=settings,
            bundles=bundles,
            functions=functions.within(Domain.ANALYSIS),
            keys=security.keys,
            database=data.database,
            audit_table=data.audit_table,
            token_table=data.token_table,
        )
        agents = AgentsStack(
            self,
            "Agents",
            settings=settings,
            bundles=bundles,
            functions=functions.within(Domain.ANALYSIS),
            database=data.database,
            audit_table=data.audit_table,
            idempotency_table=data.idempotency_table,
            usage_table=data.usage_table,
            breaker_table=data.breaker_table,
            reviews=approvals.line,
        )
        api = ApiStack(
            self,
            "Api",
            settings=settings,
            bundles=bundles,
            functions=functions.within(Domain.API),
            database=data.database,
            analysis_queue=agents.analysis_queue,
            audit_table=data.audit_table,
            audit_archive=data.audit_archive,
            rate_table=data.rate_table,
            price_secret=agents.price_secret,
            reviews=approvals.line,
        )
        AutomationsStack(
            self,
            "Automations",
            settings=settings,
            analysis_queue=agents.analysis_queue,
            queues={**agents.queues, **approvals.queues},
            database=data.database,
            api=api.api,
        )
        AlarmsStack(
            self,
            "Alarms",
            settings=settings,
            alerts=security.alerts,
            api=api.api,
            database=data.database,
            vault=data.vault,
        )
        if settings.backup.copy_region:
            recovery = RecoveryStack(self, "Recovery", settings=settings, region=settings.backup.copy_region)
            data.add_stack_dependency(recovery)
        CostStack(self, "Cost", settings=settings, alerts=security.alerts)
        ComplianceStack(self, "Compliance", settings=settings, bundles=bundles)
        if settings.waf.edge == "create":
            EdgeStack(self, "Edge", settings=settings)
        # The last one: it watches what it finds in the tree.
        observability = ObservabilityStack(self, "Observability", settings=settings, alerts=security.alerts)
        deployed = {**data.functions, **approvals.functions, **agents.functions, **api.functions}
        save_queries(observability, environment=settings.name, functions=deployed, access_log=api.api.access_log)
        demand_gate(self)
