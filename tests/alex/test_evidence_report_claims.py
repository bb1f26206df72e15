"""What the evidence report says of a criterion claims no more than was judged, and its chart can be read."""

from collections import Counter
from typing import Any
from xml.etree import ElementTree

import pytest

from alex.evidence.report_chart import BROAD, NARROW, Layout, Row, bars
from alex.evidence.report_model import Standing, model_of, said
from soc2.rule import Status
from tests.alex import evidence_sample as sample


def test_standings_claim_no_more_than_was_judged() -> None:
    """Controls hold when something was judged and nothing is open; the worst verdict decides."""
    model = model_of(sample.evidence())
    standing = {judged.criterion.id: judged.standing for judged in model.criteria}
    assert standing["CC6.7"] == standing["C1.1"] == Standing.OPEN
    assert standing["CC6.3"] == Standing.EXCEPTIONS
    assert standing["CC7.2"] == Standing.UNDECIDED
    assert standing["CC1.1"] == Standing.PROCESS
    unused = model_of(sample.evidence(results=()))
    assert {j.standing for j in unused.criteria if j.controls} == {Standing.NOTHING}
    held = model_of(sample.evidence(results=sample.RESULTS[:2]))
    assert {j.criterion.id for j in held.criteria if j.standing == Standing.HOLDS} == {"CC6.7", "C1.1"}
    for judged in (*model.criteria, *unused.criteria, *held.criteria):
        assert ("no exception from these rules" in said(judged)) == (judged.standing == Standing.HOLDS)
        assert "without exception" not in said(judged)


@pytest.mark.parametrize(
    ("criterion", "verdicts", "words"),
    [
        ("C1.1", sample.RESULTS[:2], "1 control holds with no exception from these rules: 2 compliant; 1 more found"),
        ("C1.1", sample.RESULTS[:4], "1 finding is open, in 1 of 1 control: 1 non-compliant, 2 compliant"),
        ("CC6.3", sample.RESULTS[4:5], "1 control holds with named and dated exceptions: 1 acknowledged;"),
        ("C1.1", sample.RESULTS[3:4], "2 controls found no resource to judge in this environment;"),
    ],
)
def test_a_rule_without_a_resource_is_no_control_that_holds(criterion: str, verdicts: Any, words: str) -> None:
    """ "12 controls hold" means that twelve were judged; what met nothing, or did not apply, is counted apart."""
    model = model_of(sample.evidence(results=verdicts, acknowledgements=()))
    sentence = next(said(judged) for judged in model.criteria if judged.criterion.id == criterion)
    assert sentence.startswith(words)
    several = any(result.status != Status.NOT_APPLICABLE for result in verdicts) and criterion == "C1.1"
    assert ("; 1 more found no resource to judge" in sentence) == several


def test_an_exception_covers_only_its_own_finding() -> None:
    """The id of one finding, on or below the construct that was named."""
    model = model_of(sample.evidence())
    assert [len(accepted.results) for accepted in model.exceptions] == [1, 0]
    elsewhere = sample.EXCEPTIONS[0].model_copy(update={"path": "Alex-prod/Data/Plan"})
    assert model_of(sample.evidence(acknowledgements=(elsewhere,))).exceptions[0].results == ()


@pytest.mark.parametrize("layout", [BROAD, NARROW])
def test_labels_and_figures_of_the_chart_do_not_meet(layout: Layout) -> None:
    """On a telephone the label stands above its bar; in neither drawing may text cover text or leave the drawing."""
    rows = [Row(group, Counter({Status.COMPLIANT: 9999})) for group in model_of(sample.evidence()).group_counts()]
    drawn = ElementTree.fromstring(bars(rows, layout))
    assert float(drawn.get("viewBox", "").split()[2]) == layout.width
    letter = 14 * 0.56  # the mean width of one, in a font of 14
    texts = [(float(text.get("y", "0")), float(text.get("x", "0")), text.text or "") for text in drawn.iter("text")]
    for label, figure in zip(texts[::2], texts[1::2], strict=True):
        assert len(figure[2]) * letter < layout.values
        assert figure[1] == layout.width
        assert label[0] < figure[0] - 14 or len(label[2]) * letter < layout.labels + letter
        assert len(label[2]) * letter <= layout.width
    assert max(place for place, _, _ in texts) < float(drawn.get("viewBox", "").split()[3])


def test_a_single_finding_among_thousands_stays_visible() -> None:
    """In a bar of its true length it would be thinner than a hair; all pieces together fill the bar."""
    drawn = ElementTree.fromstring(
        bars([Row("CC6 Access", Counter({Status.COMPLIANT: 9000, Status.NON_COMPLIANT: 1}))])
    )
    widths = {part.get("class"): float(part.get("width", "0")) for part in drawn.iter("rect")}
    assert widths["s-non-compliant"] >= 4
    assert widths["s-non-compliant"] + widths["s-compliant"] == pytest.approx(widths["track"])
