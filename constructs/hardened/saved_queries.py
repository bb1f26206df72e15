"""Questions that operators ask of logs, saved where they look for them: CloudWatch Logs Insights (OBS-26, OBS-29)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_logs as logs
from constructs import Construct


@dataclass(frozen=True, kw_only=True)
class SavedQuery:
    """One question.

    :param name: as it stands in the console's list, for example ``errors-by-function``.
    :param about: which log groups are asked: a key of what `SavedQueries` gets.
    :param what: what the answer tells; the query's first line.
    :param lines: its commands, one a line, without the bars between them.
    """

    name: str
    about: str
    what: str
    lines: tuple[str, ...]

    def text(self) -> str:
        """The query as CloudWatch Logs reads it."""
        return f"# {self.what}\n" + "\n| ".join(self.lines)


class SavedQueries(Construct):
    """``queries`` in the folder ``name``, over the log groups that each is about."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        queries: Sequence[SavedQuery],
        groups: Mapping[str, Sequence[logs.ILogGroup]],
    ) -> None:
        super().__init__(scope, construct_id)
        for query in queries:
            logs.CfnQueryDefinition(
                self,
                query.name.title().replace("-", ""),
                name=f"{name}/{query.name}",
                query_string=query.text(),
                log_group_names=[group.log_group_name for group in groups[query.about]],
            )
