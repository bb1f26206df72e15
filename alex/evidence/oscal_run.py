"""One judgement of one environment, as the parts of assessment results share it: its marks and its UUIDs."""

from dataclasses import dataclass, field

from alex.evidence.oscal_words import Json, uid
from alex.evidence.report_model import ATTENTION, Control, Model, digest
from soc2.evidence import AcknowledgementRecord, ResultRecord

TOOL = uid("rules")
"""The rules, as the component that made the observations."""

ORIGIN: Json = {"actors": [{"type": "tool", "actor-uuid": TOOL}]}


@dataclass
class Run:
    """Observations and findings belong to one run; risks and resources keep their UUIDs over all of them."""

    model: Model
    environment: str = field(init=False)
    at: str = field(init=False)
    digest: str = field(init=False)
    subjects: dict[tuple[str, str], ResultRecord] = field(init=False)

    def __post_init__(self) -> None:
        found = self.model.evidence.provenance
        self.environment = found.environment
        self.at = found.at.isoformat()
        self.digest = digest(self.model.evidence)
        self.subjects = {(result.stack, result.logical_id): result for result in self.model.evidence.results}

    @property
    def evidence(self) -> str:
        """Of the evidence file among the document's resources."""
        return uid("evidence", self.digest)

    def stack(self, name: str) -> str:
        """Of a stack."""
        return uid("stack", self.environment, name)

    def resource(self, result: ResultRecord) -> str:
        """Of the resource that a verdict is about."""
        return uid("resource", self.environment, result.stack, result.logical_id)

    def observation(self, key: str) -> str:
        """Of what was seen in this run."""
        return uid("observation", self.digest, key)

    def risk(self, key: str) -> str:
        """Of what a verdict leaves open, until it is gone."""
        return uid("risk", self.environment, key)


def attention(control: Control) -> list[ResultRecord]:
    """The verdicts that are worth an observation of their own."""
    return [result for status in ATTENTION for result in control.of(status)]


def key_of(result: ResultRecord) -> str:
    """What a verdict is called from run to run."""
    return "\x1f".join((result.rule, result.stack, result.logical_id))


def key_of_exception(record: AcknowledgementRecord) -> str:
    """The same for an exception from another pack's rule."""
    return "\x1f".join((record.id, record.path))
