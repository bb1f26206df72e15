"""Evidence made up for tests, and strategies that make any amount of it."""

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from soc2.evidence import (
    AcknowledgementRecord,
    Evidence,
    Problem,
    Provenance,
    ResultRecord,
    RuleRecord,
    SwitchedOffRecord,
)
from soc2.rule import Severity, Status

BAD = (Status.NON_COMPLIANT, Status.ACKNOWLEDGED)


def a_rule(name: str, severity: Severity = Severity.HIGH, title: str = "A control") -> RuleRecord:
    """A rule."""
    on, criteria = ("AWS::S3::Bucket",), ("CC6.1",)
    return RuleRecord(id=name, title=title, severity=severity, criteria=criteria, requirements=(), fix="do it", on=on)


def a_result(
    status: Status, *problems: str, rule: str = "SOC2-A-B", path: str = "App/Data/Bucket", **more: Any
) -> ResultRecord:
    """A verdict; ``problems`` are the details of its findings."""
    fields = {"stack": "App-Data", "logical_id": "Bucket0A1B2C3D", "type": "AWS::S3::Bucket", **more}
    broken = tuple(
        Problem(found=f"found {detail}", at="X", acknowledge=f"SOC2::{rule}[{detail}]") for detail in problems
    )
    return ResultRecord(rule=rule, path=path, status=status, problems=broken, **fields)


def an_acknowledgement(**more: Any) -> AcknowledgementRecord:
    """An accepted finding."""
    fields: dict[str, Any] = {
        "pack": "AwsSolutions",
        "id": "AwsSolutions::AwsSolutions-IAM5[Resource::<Bucket0A1B2C3D.Arn>/*]",
        "path": "App/Data/Role",
        "reason": "objects of one bucket only",
        "owner": "platform",
        "expires": date(2027, 3, 1),
        "ticket": "SEC-1",
        "treatment": "accepted",
    }
    return AcknowledgementRecord(**{**fields, **more})


def an_evidence(*results: ResultRecord, **more: Any) -> Evidence:
    """Evidence with the rules that its results name."""
    provenance = Provenance(
        environment="prod",
        production=True,
        at=datetime(2026, 11, 21, tzinfo=UTC),
        commit="c" * 40,
        changed=False,
        settings="s" * 64,
        templates=more.pop("templates", {"App-Data": "1" * 64}),
        tools=more.pop("tools", {"aws-cdk-lib": "2.275.0"}),
    )
    fields: dict[str, Any] = {
        "packs": ("SOC2",),
        "rules": tuple(a_rule(name) for name in sorted({result.rule for result in results})),
        "acknowledgements": (),
        "switched_off": (),
    }
    return Evidence(provenance=provenance, results=results, **{**fields, **more})


details = st.sampled_from(["", "Action::s3:*", "Resource::<Key0A1B2C3D.Arn>", "Resource::<Key99999999.Arn>"])
rule_ids = st.sampled_from(["SOC2-A-B", "SOC2-A-C", "SOC2-X-Y"])
paths = st.sampled_from(["App/Data/Bucket", "App/Data/Key", "App/Api/Bucket"])


@st.composite
def results(draw: st.DrawFn) -> ResultRecord:
    """A verdict, often of the same rule and path as another one."""
    status = draw(st.sampled_from(list(Status)))
    problems = draw(st.lists(details, max_size=3, unique=True)) if status in BAD else []
    logical_id = draw(st.sampled_from(["Bucket0A1B2C3D", "Bucket99999999", ""]))
    named = {"rule": draw(rule_ids), "path": draw(paths), "logical_id": logical_id}
    return a_result(status, *problems, **named, reason=draw(st.text(max_size=3)))


acknowledgements = st.builds(
    an_acknowledgement,
    id=st.sampled_from(["A::1[<Key0A1B2C3D>]", "A::1[<Key99999999>]", "A::2"]),
    path=paths,
    expires=st.dates(date(2026, 1, 1), date(2026, 1, 3)),
    owner=st.sampled_from(["a", "b"]),
)
hashes = st.dictionaries(st.sampled_from(["Data", "Api"]), st.sampled_from(["1" * 64, "2" * 64]))
evidences = st.builds(
    lambda found, rules, accepted, off, packs, templates: an_evidence(
        *found,
        rules=tuple(rules),
        acknowledgements=tuple(accepted),
        switched_off=tuple(SwitchedOffRecord(rule=name, reason="r", covered_by="c", findings=1) for name in off),
        packs=tuple(packs),
        templates=templates,
    ),
    st.lists(results(), max_size=6),
    st.lists(st.builds(a_rule, rule_ids, st.sampled_from(list(Severity))), max_size=3, unique_by=lambda rule: rule.id),
    st.lists(acknowledgements, max_size=4),
    st.lists(st.sampled_from(["N::1", "N::2"]), unique=True),
    st.lists(st.sampled_from(["SOC2", "AwsSolutions"]), unique=True),
    hashes,
)
