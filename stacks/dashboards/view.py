"""What the dashboards' modules share: an environment's settings, what was found in its tree, and lines of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Fn

from hardened.dashboards import Line, Math
from hardened.functions import NAMESPACE, Function
from hardened.queues import WorkQueue
from settings import Settings
from stacks.inventory import Acl, Endpoint, Inventory

MS = "ms"
MS_A_SECOND = US_A_MS = 1000
S_AN_HOUR = 3600
BILLING_REGION = "us-east-1"  # AWS keeps the metrics of bills, and of what stands before CloudFront, there only


@dataclass(frozen=True)
class View:
    """One environment: ``settings`` and ``found``."""

    settings: Settings
    found: Inventory

    def own(
        self, metric: str, service: str, agent: str = "", *, statistic: str = "Sum", label: str = ""
    ) -> tuple[Line, ...]:
        """A metric that our own code writes: ``service`` is the function, ``agent`` (the same, if empty) the writer.

        Nothing without that function.
        """
        if all(each.service != service for each in self.found.functions.values()):
            return ()
        dimensions = {"Environment": self.settings.name, "Service": service, "Agent": agent or service}
        return (Line(namespace=NAMESPACE, metric=metric, dimensions=dimensions, statistic=statistic, label=label),)

    def by_agent(self, metric: str, *, statistic: str = "Sum", service: str = "") -> tuple[Line, ...]:
        """What each agent writes about itself, or ``service`` about each."""
        return tuple(
            line
            for name, agent in self.found.agents.items()
            for line in self.own(metric, service or agent.service, agent.service, statistic=statistic, label=name)
        )

    def by_service(self, metric: str, *services: str, statistic: str = "Sum") -> tuple[Line, ...]:
        """What functions write about themselves, for those of ``services`` that exist."""
        return tuple(
            line
            for name, each in self.found.functions.items()
            if each.service in services
            for line in self.own(metric, each.service, statistic=statistic, label=name)
        )

    def by_function(
        self, metric: str, *, statistic: str = "Sum", only: Mapping[str, Function] | None = None
    ) -> tuple[Line, ...]:
        """A metric of Lambda, for every function or for ``only`` these."""
        functions = self.found.functions if only is None else only
        return tuple(function_line(each, metric, statistic, name) for name, each in functions.items())

    def api(self, metric: str, *, statistic: str = "Sum", label: str = "") -> tuple[Line, ...]:
        """A metric of each REST API's stage."""
        return tuple(
            Line(
                namespace="AWS/ApiGateway",
                metric=metric,
                dimensions={"ApiName": api.settings.name, "Stage": api.settings.stage},
                statistic=statistic,
                label=label or metric,
            )
            for api in self.found.apis.values()
        )

    def database(self, metric: str, *, statistic: str = "Average", label: str = "") -> tuple[Line, ...]:
        """A metric of each Aurora cluster."""
        return tuple(
            Line(
                namespace="AWS/RDS",
                metric=metric,
                dimensions={"DBClusterIdentifier": database.cluster.cluster_identifier},
                statistic=statistic,
                label=label or name,
            )
            for name, database in self.found.databases.items()
        )

    def tables(self, metric: str) -> tuple[Line, ...]:
        """A metric of each DynamoDB table."""
        return tuple(
            Line(namespace="AWS/DynamoDB", metric=metric, dimensions={"TableName": table.table_name}, label=name)
            for name, table in self.found.tables.items()
        )

    def models(self, metric: str, *, statistic: str = "Sum", word: str = "") -> tuple[Line, ...]:
        """A metric of each role's model, as Bedrock counts it; ``word`` follows the role."""
        models = self.settings.models
        return tuple(
            Line(
                namespace="AWS/Bedrock",
                metric=metric,
                dimensions={"ModelId": model.model_id},
                statistic=statistic,
                label=f"{role} {word}".strip(),
            )
            for role, model in (("large", models.large), ("small", models.small))
        )

    def topics(self, metric: str) -> tuple[Line, ...]:
        """A metric of each alert topic; its name is the end of its ARN, which is exported anyway."""
        return tuple(
            Line(
                namespace="AWS/SNS",
                metric=metric,
                dimensions={"TopicName": Fn.select(5, Fn.split(":", topic.topic_arn))},
                label=" ".join(path.split("/")[-2:]).lower(),
            )
            for path, topic in self.found.topics.items()
        )

    def workflows(self, metric: str, *, statistic: str = "Sum", label: str = "") -> tuple[Line, ...]:
        """A metric of each workflow."""
        return tuple(
            Line(
                namespace="AWS/States",
                metric=metric,
                dimensions={"StateMachineArn": workflow.machine.state_machine_arn},
                statistic=statistic,
                label=f"{name} {label}".strip(),
            )
            for name, workflow in self.found.workflows.items()
        )

    def sign_ins(self, statistic: str, label: str) -> tuple[Line, ...]:
        """Sign-ins at each user pool: ``Sum`` counts those that succeeded, ``SampleCount`` all."""
        return tuple(
            Line(
                namespace="AWS/Cognito",
                metric="SignInSuccesses",
                dimensions={"UserPool": pool.pool.user_pool_id, "UserPoolClient": pool.client.user_pool_client_id},
                statistic=statistic,
                label=label,
            )
            for pool in self.found.pools.values()
        )

    def counted(self, *starts: str, without: Sequence[str] = ()) -> tuple[Line, ...]:
        """Metrics that filters count in logs: those whose name begins so after the environment's, all but some."""
        prefix = f"alex-{self.settings.name}-"
        named = [(namespace, name, name.removeprefix(prefix)) for namespace, name in self.found.counted]
        return tuple(
            Line(namespace=namespace, metric=name, label=said.replace("-", " "))
            for namespace, name, said in named
            if said.startswith(starts or "") and not said.startswith(tuple(without))
        )

    def spent(self, metric: str) -> tuple[Line, ...]:
        """What all agents used, written for the whole environment beside each agent's own (COST-04)."""
        dimensions = {"Environment": self.settings.name}
        return (Line(namespace=NAMESPACE, metric=metric, dimensions=dimensions, label="all agents"),)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """SageMaker's endpoints: those of the tree, and those that the settings name."""
        named = self.settings.alarms.endpoints.items()
        return (*self.found.endpoints, *(Endpoint(name=name, variants=(one.variant,)) for name, one in named))


def function_line(function: Function, metric: str, statistic: str, label: str) -> Line:
    """A metric of one function."""
    dimensions = {"FunctionName": function.function.function_name}
    return Line(namespace="AWS/Lambda", metric=metric, dimensions=dimensions, statistic=statistic, label=label)


def queue_line(queue: WorkQueue, metric: str, statistic: str, label: str, *, dead: bool = False) -> Line:
    """A metric of a queue, or of its dead letters."""
    chosen = queue.dead_letters.queue if dead else queue.queue
    return Line(
        namespace="AWS/SQS",
        metric=metric,
        dimensions={"QueueName": chosen.queue_name},
        statistic=statistic,
        label=label,
    )


def acl_line(acl: Acl, metric: str, rule: str, region: str, label: str) -> Line:
    """A metric of one rule of a web ACL, or of ``ALL``; CloudFront's have no region."""
    dimensions = {"WebACL": acl.metric, "Rule": rule, **({"Region": region} if acl.regional else {})}
    return Line(namespace="AWS/WAFV2", metric=metric, dimensions=dimensions, label=label)


def total(lines: Iterable[Line], label: str) -> tuple[Math, ...]:
    """The sum of lines; nothing of none."""
    each = {f"a{index}": line for index, line in enumerate(lines)}
    names = ", ".join(f"{{{name}}}" for name in each)
    return (Math(expression=f"SUM([{names}])", of=each, label=label),) if each else ()


def ratio(part: Iterable[Line], whole: Iterable[Line], label: str, *, times: int = 1) -> tuple[Math, ...]:
    """``part`` for each of ``whole``, both summed; nothing where either has no lines."""
    parts = {f"p{index}": line for index, line in enumerate(part)}
    wholes = {f"w{index}": line for index, line in enumerate(whole)}
    if not parts or not wholes:
        return ()
    top, below = (", ".join(f"{{{name}}}" for name in names) for names in (parts, wholes))
    factor = f"{times} * " if times != 1 else ""
    return (Math(expression=f"{factor}SUM([{top}]) / SUM([{below}])", of=parts | wholes, label=label),)


def share(part: Iterable[Line], whole: Iterable[Line], label: str) -> tuple[Math, ...]:
    """``part`` of ``whole`` in percent; ``whole`` must hold what ``part`` counts."""
    return ratio(part, whole, label, times=100)


def scaled(lines: Iterable[Line], by: int) -> tuple[Math, ...]:
    """Lines in a larger unit: ``by`` of theirs make one."""
    return tuple(Math(expression=f"{{a}} / {by}", of={"a": line}, label=line.label) for line in lines)


def words(camel: str) -> str:
    """``GuardDutyFinding`` as a person writes it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", camel)
