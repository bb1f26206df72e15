"""Functions with a role of their own, a log group of their own, alarms, and a dead-letter queue where one can be used.

Decisions:
- A role holds exactly what the function's grants give, within a boundary, beside what every function needs
  (`function_policies`).
- What an environment's functions share travels as one `FunctionDefaults`; a function adds its code, size, environment.
- Encryption of the environment, JSON logs, retention and keys of log groups come from the app's defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.alarms import FunctionAlarms, FunctionLimits
from hardened.function_policies import FunctionPolicies
from hardened.grants import allow
from hardened.network import FunctionNetwork
from hardened.queues import DeadLetterQueue
from hardened.topics import Alerts, Domain

RUNTIMES = {"3.12": lambda_.Runtime.PYTHON_3_12, "3.13": lambda_.Runtime.PYTHON_3_13}
ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}
# Lambda drops lines below its own level before the function's logger is asked.
LOG_LEVELS = {
    "DEBUG": lambda_.ApplicationLogLevel.DEBUG,
    "INFO": lambda_.ApplicationLogLevel.INFO,
    "WARNING": lambda_.ApplicationLogLevel.WARN,
    "ERROR": lambda_.ApplicationLogLevel.ERROR,
}
NAMESPACE = "Alex"


@dataclass(frozen=True, kw_only=True)
class FunctionDefaults:
    """What all functions of an environment share.

    :param environment: the environment's name, for example ``prod``.
    :param python: ``3.12`` or ``3.13`` (CONF-10).
    :param architecture: ``arm64`` or ``x86_64`` (CONF-11).
    :param network: where they run; None: outside the VPC (NET-10).
    :param policies: what their roles share, and the boundary that limits them.
    :param outside: why they may be outside the VPC, where they are.
    """

    environment: str
    python: str
    architecture: str
    log_level: str
    network: FunctionNetwork | None
    alerts: Alerts
    limits: FunctionLimits
    policies: FunctionPolicies
    outside: str = (
        "This environment places its functions outside the VPC by setting (functions.in_vpc, NET-10), which production "
        "refuses; they reach only AWS APIs over TLS with their own role."
    )

    def within(self, domain: Domain | None) -> "FunctionDefaults":
        """The same for functions whose failures belong to ``domain``'s incidents."""
        return replace(self, alerts=self.alerts.within(domain))


@dataclass(frozen=True, kw_only=True)
class Size:
    """Memory in MB, timeout in seconds, executions reserved (None: shared) and kept warm (0: none)."""

    memory_mb: int = 512
    timeout_s: int = 30
    reserved: int | None = None
    provisioned: int = 0


@dataclass(frozen=True, kw_only=True)
class Program:
    """What a function runs: a bundle's code, the handler in it, and its settings."""

    code: lambda_.Code
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict)


class Function(Construct):
    """One function. ``.target`` is what callers invoke: the alias with warm executions, where there are some."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        defaults: FunctionDefaults,
        program: Program,
        size: Size | None = None,
        asynchronous: bool = False,
    ) -> None:
        """Make the function; its service name in logs and metrics is the id in lower case.

        :param asynchronous: something invokes it without waiting (a schedule, an event): failed events are kept in
            ``.dead_letters``. A function that is only called and waited for reports its failures to the caller.
        """
        super().__init__(scope, id)
        size = size or Size()
        self.service = id.lower()
        self.name = f"alex-{defaults.environment}-{self.service}-function"
        policies = defaults.policies
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[
                policies.traces,
                *([policies.interfaces] if defaults.network and policies.interfaces else []),
            ],
            permissions_boundary=policies.boundary,
        )
        self.log_group = logs.LogGroup(self, "Logs")
        allow(
            self.role, actions=("logs:CreateLogStream", "logs:PutLogEvents"), resources=(self.log_group.log_group_arn,)
        )
        self.dead_letters = (
            DeadLetterQueue(self, "DeadLetters", name=self.name, alerts=defaults.alerts) if asynchronous else None
        )
        if self.dead_letters:
            self.dead_letters.grant_send(self.role)
        self.function = self._function(defaults=defaults, program=program, size=size)
        self.target: lambda_.IFunction = (
            self.function.add_alias("live", provisioned_concurrent_executions=size.provisioned)
            if size.provisioned
            else self.function
        )
        self.alarms = FunctionAlarms(
            self,
            "Alarms",
            function=self.function,
            name=self.name,
            limits=defaults.limits,
            alerts=defaults.alerts,
            reserved=size.reserved,
        )

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The function's role: `Function` can be given to any grant."""
        return self.role

    def add_environment(self, name: str, value: str) -> None:
        """Set one more variable of the function's environment."""
        self.function.add_environment(name, value)

    def _function(self, *, defaults: FunctionDefaults, program: Program, size: Size) -> lambda_.Function:
        network = defaults.network
        function = lambda_.Function(
            self,
            "Function",
            runtime=RUNTIMES[defaults.python],
            architecture=ARCHITECTURES[defaults.architecture],
            code=program.code,
            handler=program.handler,
            role=self.role,
            memory_size=size.memory_mb,
            timeout=Duration.seconds(size.timeout_s),
            reserved_concurrent_executions=size.reserved,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=LOG_LEVELS[defaults.log_level],
            dead_letter_queue=self.dead_letters.queue if self.dead_letters else None,
            # Not through the property: it would add a statement on every resource to each role.
            tracing=lambda_.Tracing.DISABLED,
            vpc=network.vpc if network else None,
            vpc_subnets=network.subnets if network else None,
            security_groups=list(network.security_groups) if network else None,
            environment={
                "ENVIRONMENT": defaults.environment,
                "POWERTOOLS_SERVICE_NAME": self.service,
                "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
                "POWERTOOLS_LOG_LEVEL": defaults.log_level,
                **program.environment,
            },
        )
        resource = cast(lambda_.CfnFunction, function.node.default_child)
        resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")
        if network is None:
            acknowledge(
                function,
                rule="NIST.800.53.R5::NIST.800.53.R5-LambdaInsideVPC",
                reason=defaults.outside,
                owner="platform",
                expires=date(2027, 6, 30),
                ticket="RISK-3",
                mitigated_by="it has no way into the network, and reaches AWS with its own narrow role only",
            )
        return function


def invoke_environment(functions: Mapping[str, Function]) -> dict[str, str]:
    """``<NAME>_FUNCTION`` -> ARN for each named function, as a caller reads them."""
    return {f"{name.upper()}_FUNCTION": function.function.function_arn for name, function in functions.items()}
