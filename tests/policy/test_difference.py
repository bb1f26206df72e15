"""The difference between two evidences tells what moved, in which direction, and nothing that did not move.

CI lets a change through by it, and an auditor starts a review with it: a finding that it hides stays hidden.
"""

from datetime import date

from hypothesis import given

from soc2.comparison import LOSS, difference
from soc2.difference import Difference, VerdictMove
from soc2.evidence import Evidence, SwitchedOffRecord
from soc2.matching import stable
from soc2.rule import Severity, Status
from tests.policy.evidences import a_result, a_rule, an_acknowledgement, an_evidence, evidences


def mirrored(found: Difference) -> Difference:
    """The same difference told from the other side."""
    moves = ("better", "worse", "otherwise", "extended", "shortened", "reworded", "templates", "facts")
    flip = {
        name: tuple(
            move.model_copy(update={"before": move.after, "after": move.before}) for move in getattr(found, name)
        )
        for name in moves
    }
    swapped = {name: flip.get(name, getattr(found, name)) for name in Difference.model_fields}
    for one, other in (
        ("better", "worse"),
        ("resources_added", "resources_removed"),
        ("rules_added", "rules_removed"),
        ("packs_added", "packs_removed"),
        ("switched_off", "switched_on"),
        ("acknowledgements_added", "acknowledgements_removed"),
        ("extended", "shortened"),
    ):
        swapped[one], swapped[other] = swapped[other], swapped[one]
    swapped |= {name: tuple(reversed(getattr(found, name))) for name in ("environments", "times")}
    return Difference(**swapped)


@given(evidences)
def test_nothing_differs_from_itself(one: Evidence) -> None:
    """A difference that is never empty would be ignored."""
    assert difference(one, one).empty
    assert list(difference(one, one).lines()) == ["Nothing differs."]
    assert not difference(one, one).got_worse


@given(evidences, evidences)
def test_both_directions_tell_the_same(one: Evidence, other: Evidence) -> None:
    """What one review calls worse, going back must call better."""
    assert difference(one, other) == mirrored(difference(other, one))


@given(evidences, evidences)
def test_the_order_of_the_records_says_nothing(one: Evidence, other: Evidence) -> None:
    """Rules are evaluated in any order; with unique keys the difference is the same."""
    unique = {(r.rule, r.path): r for r in one.results}
    straight = one.model_copy(update={"results": tuple(unique.values())})
    turned = one.model_copy(update={"results": tuple(reversed(unique.values()))})
    against = other.model_copy(update={"results": tuple({(r.rule, r.path): r for r in other.results}.values())})
    assert difference(straight, against) == difference(turned, against)


@given(evidences, evidences)
def test_moves_explain_why_the_totals_moved(one: Evidence, other: Evidence) -> None:
    """When fewer verdicts are good, something must be in *worse*; and each move is listed for a reason."""
    found = difference(one, other)
    loss_before, loss_after = (sum(LOSS[result.status] for result in side.results) for side in (one, other))
    if loss_after > loss_before:
        assert found.worse
        assert found.got_worse
    if loss_after < loss_before:
        assert found.better
    for move in (*found.worse, *found.better, *found.otherwise):
        assert move.before != move.after
    assert list(found.lines())


def only_move(before: Evidence, after: Evidence, part: str) -> VerdictMove:
    """The single move of the difference, which must be in ``part`` only."""
    found = difference(before, after)
    others = [name for name in ("better", "worse", "otherwise") if name != part and getattr(found, name)]
    assert others == []
    (move,) = getattr(found, part)
    assert isinstance(move, VerdictMove)
    return move


def test_a_verdict_that_turns_is_worse_or_better_by_what_it_assures() -> None:
    """Accepting a finding is not fixing it; not knowing is not passing."""
    order = [Status.COMPLIANT, Status.ACKNOWLEDGED, Status.UNDECIDED, Status.NON_COMPLIANT]
    for index, good in enumerate(order):
        for bad in order[index + 1 :]:
            move = only_move(an_evidence(a_result(good)), an_evidence(a_result(bad)), "worse")
            assert f"{good} -> {bad}" in move.line
            only_move(an_evidence(a_result(bad)), an_evidence(a_result(good)), "better")


def test_leaving_a_rules_scope_is_shown_and_is_no_improvement() -> None:
    """*Not applicable* after *compliant* may be a profile that was loosened: an auditor wants to see it."""
    before, after = (
        an_evidence(a_result(Status.COMPLIANT)),
        an_evidence(a_result(Status.NOT_APPLICABLE, reason="elsewhere")),
    )
    move = only_move(before, after, "otherwise")
    assert "compliant -> not applicable (elsewhere)" in move.line


def test_a_second_finding_of_the_same_rule_is_worse() -> None:
    """The verdict stays *non-compliant*; a look at the status alone would miss it."""
    before = an_evidence(a_result(Status.NON_COMPLIANT, "one"))
    after = an_evidence(a_result(Status.NON_COMPLIANT, "one", "two"))
    assert only_move(before, after, "worse").appeared == ("found two",)
    assert only_move(after, before, "better").disappeared == ("found two",)


def test_swapped_findings_are_both_worse_and_better() -> None:
    """One fixed, one new: neither may hide the other."""
    found = difference(
        an_evidence(a_result(Status.ACKNOWLEDGED, "one")), an_evidence(a_result(Status.ACKNOWLEDGED, "two"))
    )
    assert found.worse == found.better
    assert "new: found two; gone: found one" in found.worse[0].line


def test_a_changed_hash_in_names_is_no_change() -> None:
    """CDK's logical ids change with a construct's surroundings; the path stays, and so does the verdict."""
    before = an_evidence(
        a_result(Status.ACKNOWLEDGED, "Resource::<Key0A1B2C3D.Arn>"), acknowledgements=(an_acknowledgement(),)
    )
    renamed = an_acknowledgement(id="AwsSolutions::AwsSolutions-IAM5[Resource::<BucketFFFF0000.Arn>/*]")
    after = an_evidence(
        a_result(Status.ACKNOWLEDGED, "Resource::<KeyFFFF0000.Arn>", logical_id="BucketFFFF0000"),
        acknowledgements=(renamed,),
    )
    assert difference(before, after).empty


def test_only_hashes_are_ignored() -> None:
    """Account numbers and words look like hashes to a careless pattern."""
    assert stable("<BucketKey0A1B2C3D.Arn>") == "<BucketKey.Arn>"
    assert stable("${Subnet10A1B2C3D}") == "${Subnet1}"
    for text in ("arn:aws:iam::123456789012:root", "s3:GetObject*", "DEADBEEF", "0.0.0.0/0", "20261121"):
        assert stable(text) == text


def test_findings_of_new_and_removed_resources_count() -> None:
    """A new public bucket is worse, although no verdict turned."""
    here = a_result(Status.COMPLIANT)
    new = a_result(Status.NON_COMPLIANT, "", path="App/Data/New")
    found = difference(an_evidence(here), an_evidence(here, new))
    assert [named.path for named in found.resources_added] == ["App/Data/New"]
    assert [move.either for move in found.worse] == [new]
    assert "not judged -> non-compliant" in found.worse[0].line
    back = difference(an_evidence(here, new), an_evidence(here))
    assert [named.path for named in back.resources_removed] == ["App/Data/New"]
    assert not back.got_worse


def test_new_good_resources_and_rules_are_new_and_nothing_else() -> None:
    """Growth is no regression."""
    here, new = a_result(Status.COMPLIANT), a_result(Status.COMPLIANT, rule="SOC2-NEW-RULE", path="App/Data/New")
    found = difference(an_evidence(here), an_evidence(here, new))
    assert found.rules_added == ("SOC2-NEW-RULE",)
    assert not found.worse
    assert not found.got_worse
    assert not found.empty


def test_judging_less_is_worse() -> None:
    """The easiest way to a clean report is to ask fewer questions."""
    full = an_evidence(a_result(Status.COMPLIANT), packs=("SOC2", "AwsSolutions"))
    fewer_rules = full.model_copy(update={"rules": ()})
    fewer_packs = full.model_copy(update={"packs": ("SOC2",)})
    off = SwitchedOffRecord(rule="AwsSolutions::S1", reason="r", covered_by="c", findings=2)
    switched_off = full.model_copy(update={"switched_off": (off,)})
    accepted = full.model_copy(update={"acknowledgements": (an_acknowledgement(),)})
    for less in (fewer_rules, fewer_packs, switched_off, accepted):
        assert difference(full, less).got_worse
        assert not difference(less, full).got_worse
        assert not difference(less, full).empty


def test_acknowledgements_that_move_are_told_apart() -> None:
    """Extending an acceptance year after year is what an auditor looks for."""
    was = an_acknowledgement()
    later, sooner = (an_acknowledgement(expires=date(year, 1, 1)) for year in (2028, 2027))
    other = an_acknowledgement(owner="somebody else")
    base = an_evidence(acknowledgements=(was,))
    extended = difference(base, an_evidence(acknowledgements=(later,)))
    assert [move.after for move in extended.extended] == [later]
    assert not extended.got_worse
    assert "'2027-03-01' -> '2028-01-01'" in "\n".join(extended.lines())
    assert difference(base, an_evidence(acknowledgements=(sooner,))).shortened
    reworded = difference(base, an_evidence(acknowledgements=(other,)))
    assert "owner 'platform' -> 'somebody else'" in reworded.reworded[0].line


def test_what_was_judged_and_with_what() -> None:
    """A verdict that moved without a template that changed came from a rule, a setting or a tool."""
    one = an_evidence(templates={"Data": "1" * 64, "Api": "1" * 64}, rules=(a_rule("SOC2-A-B"),))
    two = an_evidence(
        templates={"Data": "2" * 64, "Web": "1" * 64},
        tools={"aws-cdk-lib": "2.276.0"},
        rules=(a_rule("SOC2-A-B", Severity.LOW),),
    )
    found = difference(one, two)
    assert [(fact.name, bool(fact.before), bool(fact.after)) for fact in found.templates] == [
        ("Api", True, False),
        ("Data", True, True),
        ("Web", False, True),
    ]
    assert [fact.line for fact in found.facts] == ["aws-cdk-lib: 2.275.0 -> 2.276.0"]
    assert found.rules_changed == ("SOC2-A-B",)


def test_the_gravest_stand_first() -> None:
    """People read the top of a list."""
    rules = (a_rule("SOC2-A-A", Severity.LOW), a_rule("SOC2-Z-Z", Severity.CRITICAL))
    broken = [a_result(Status.NON_COMPLIANT, "", rule=rule.id) for rule in rules]
    found = difference(an_evidence(rules=rules), an_evidence(*broken, rules=rules))
    assert [move.severity for move in found.worse] == [Severity.CRITICAL, Severity.LOW]
