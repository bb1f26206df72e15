"""What an alarm is: what it watches, when it fires, whom it tells."""

from collections.abc import Mapping
from dataclasses import dataclass

from alex.alarms import grammar


@dataclass(frozen=True)
class Source:
    """A metric as a namespace, a name and dimensions: what samples belong to."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        """For people: ``AWS/Lambda Errors``."""
        return f"{self.namespace} {self.name}"

    @property
    def entity(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What reports it: all metrics of one function, queue or API happen together."""
        return self.namespace, self.dimensions


@dataclass(frozen=True)
class Query:
    """A metric with its statistic over a period in seconds."""

    source: Source
    statistic: str
    period: int


@dataclass(frozen=True)
class MetricAlarm:
    """An alarm on a metric or an expression.

    :param queries: metrics by id. ``expressions``: trees by id. ``returned``: the id that is compared.
    :param band: instead of the threshold, so many standard deviations from what is usual; 0 is none.
    """

    key: str
    name: str
    description: str
    topics: tuple[str, ...]
    queries: Mapping[str, Query]
    expressions: Mapping[str, grammar.Node]
    formula: str
    returned: str
    label: str
    period: int
    threshold: float
    band: float
    operator: str
    periods: int
    datapoints: int
    missing: str

    @property
    def below(self) -> bool:
        """Whether too little is the trouble."""
        return self.operator.startswith("Less")

    def used(self) -> dict[str, Query]:
        """The metrics that decide, by id."""
        wanted, seen = [self.returned], set()
        while wanted:
            one = wanted.pop()
            if one not in seen:
                seen.add(one)
                tree = self.expressions.get(one)
                names = grammar.names(tree) if tree else set()
                everything = tree is not None and "METRICS" in grammar.functions(tree)
                wanted += self.queries if everything else names & (self.queries.keys() | self.expressions.keys())
        return {name: query for name, query in self.queries.items() if name in seen}


@dataclass(frozen=True)
class CompositeAlarm:
    """An alarm on the states of other alarms.

    :param rule: AlarmRule, with alarms named by their keys. ``suppressor``: key of the alarm that silences its actions.
    :param wait_s: waits so long for the suppressor before it acts. ``extension_s``: and after the suppressor has ended.
    """

    key: str
    name: str
    description: str
    topics: tuple[str, ...]
    rule: str
    suppressor: str = ""
    wait_s: int = 0
    extension_s: int = 0


Alarm = MetricAlarm | CompositeAlarm
