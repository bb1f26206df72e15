"""The evidence report: complete, self-contained, safe against what templates say, honest about what was judged."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from alex.evidence import report as evidence_report
from alex.evidence.report_model import digest
from soc2.criteria import CRITERIA
from soc2.evidence import Evidence, write
from soc2.rule import Status
from tests.alex import evidence_sample as sample

VOID = {"meta", "br", "input"}


class Page(HTMLParser):
    """A page's elements, with the text inside each element that has an id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[tuple[str, str]] = []
        self.text: dict[str, str] = {}
        self.feed(text)
        assert not self.open, "an element is never closed"

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("id") or ""))

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, name in self.open:
            if name:
                self.text[name] = self.text.get(name, "") + data

    def values(self, name: str) -> list[str]:
        """Every value of an attribute."""
        return [value or "" for key, value in self.attributes if key == name]


def page(**change: Any) -> Page:
    """The sample's report."""
    return Page(evidence_report.render(sample.evidence(**change)))


def test_the_page_loads_nothing_and_runs_only_its_own_script() -> None:
    """An auditor opens it offline; no text of a template may run, even if it were not escaped."""
    text = evidence_report.render(sample.evidence())
    found = Page(text)
    assert found.tags.count("script") == 1
    assert not {"link", "img", "iframe", "object"} & set(found.tags)
    assert found.values("src") == []
    outside = [link for link in found.values("href") if not link.startswith("#")]
    assert outside == ["https://tickets.example.com/RISK-9"]
    policy = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)[0]
    for tag in ("style", "script"):
        body = text.split(f"<{tag}>", 1)[1].split(f"</{tag}>", 1)[0]
        assert f"{tag}-src 'sha256-{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}'" in policy
    assert "unsafe" not in policy
    assert not any(name.startswith("on") or name == "style" for name, _ in found.attributes)


def test_hostile_texts_stay_texts() -> None:
    """Whoever names a resource, or writes a reason, must not write into an auditor's page."""
    hostile = "\"><img src=x onerror=alert(1)></script><script>alert(2)</script><b a='"
    verdicts = [
        sample.verdict(rule, "X", status, path=hostile, stack=hostile, logical_id=hostile, reason=hostile, type=hostile)
        for rule in ("SOC2-S3-TLS", "SOC2-IAM-WILDCARD")
        for status in Status
    ]
    problem = sample.problem("SOC2-S3-TLS").model_copy(update={"found": hostile, "at": hostile, "acknowledge": hostile})
    verdicts.append(sample.verdict("SOC2-S3-TLS", "Y", Status.NON_COMPLIANT, problems=(problem,)))
    accepted = sample.EXCEPTIONS[0].model_copy(
        update=dict.fromkeys(("pack", "id", "path", "reason", "owner", "ticket", "by"), hostile)
    )
    linked = sample.EXCEPTIONS[1].model_copy(update={"ticket": f"https://a/{hostile}"})
    rule = sample.RULES[0].model_copy(update={"title": hostile, "fix": hostile, "requirements": (hostile,)})
    off = sample.evidence().switched_off[0].model_copy(update=dict.fromkeys(("rule", "reason", "covered_by"), hostile))
    found = page(
        provenance=sample.provenance(
            environment=hostile, commit=hostile, settings=hostile, templates={hostile: hostile}
        ),
        packs=(hostile,),
        rules=(rule, *sample.RULES[1:]),
        results=tuple(verdicts),
        acknowledgements=(accepted, linked),
        switched_off=(off,),
    )
    assert found.tags.count("script") == 1
    assert "img" not in found.tags
    assert "b" not in found.tags
    assert not any(name.startswith("on") for name, _ in found.attributes)
    assert "onerror=alert(1)" in found.text["controls"]


def test_every_link_inside_leads_somewhere_and_ids_are_unique() -> None:
    """#CC6.1 and #SOC2-S3-TLS are quoted in tickets and must open there."""
    found = page()
    ids = found.values("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in found.values("href") if link.startswith("#")} <= set(ids)
    assert set(CRITERIA) | {rule.id for rule in sample.RULES} <= set(ids)


def test_each_verdict_stands_below_its_control() -> None:
    """What cannot be seen was not judged, to an auditor."""
    found = page()
    tls = found.text["SOC2-S3-TLS"]
    for words in ("Inbox", "it is false", "Thing.Enabled", "SOC2::SOC2-S3-TLS", "Results/Resource", "it holds nothing"):
        assert words in tls
    assert "1 non-compliant, 2 compliant, 1 not applicable" in tls
    assert "Ref Where is open" in found.text["SOC2-TRAIL-EXISTS"]
    assert "No resource of this environment" in found.text["SOC2-EFS-KEY"]
    assert "Inbox" in found.text["open"]
    assert "Application" in found.text["undecided"]
    assert "AwsSolutions-VPC3" in found.text["switched-off"]


def test_a_report_without_findings_has_no_list_of_them() -> None:
    """A heading above nothing makes a reader look for what is missing."""
    clean = tuple(result for result in sample.RESULTS if result.status == Status.COMPLIANT)
    found = page(results=clean, acknowledgements=(), switched_off=())
    assert not {"open", "undecided"} & set(found.values("id"))
    assert "No finding of any pack is accepted" in found.text["exceptions"]
    assert "Every rule of every pack was applied" in found.text["switched-off"]


@pytest.mark.parametrize(
    ("day", "text"), [("2026-11-20", "ended 1 day ago"), ("2026-11-21", "last day"), ("2026-12-21", "30 days left")]
)
def test_days_left_count_from_the_evidence(day: str, text: str) -> None:
    """Two people who open the same report on different days must read the same."""
    record = sample.EXCEPTIONS[0].model_validate({**sample.EXCEPTIONS[0].model_dump(), "expires": day})
    assert text in page(acknowledgements=(record,)).text["exceptions"]


def test_an_exception_names_owner_ticket_treatment_and_mitigation() -> None:
    """Those are what a reviewer asks of it."""
    shown = page().text["exceptions"]
    for words in (
        "platform",
        "RISK-4",
        "mitigated: the bucket policy",
        "2026-12-01",
        "10 days left",
        "false positive",
    ):
        assert words in shown


def test_the_header_says_what_was_judged_and_how_to_verify_it(tmp_path: Path) -> None:
    """Without commit and hashes nobody can judge the same thing again."""
    evidence = sample.evidence(provenance=sample.provenance(changed=True))
    shown = Page(evidence_report.render(evidence)).text
    write(evidence, tmp_path / "evidence.json")
    real = hashlib.sha256((tmp_path / "evidence.json").read_bytes()).hexdigest()
    assert digest(evidence) == real
    for words in (real, evidence.provenance.commit, "7" * 64, "5" * 64, "aws-cdk-lib 2.275.0", "uncommitted"):
        assert words in shown["provenance"]


def test_the_same_evidence_makes_the_same_page(tmp_path: Path) -> None:
    """The page can be made again from signed evidence, and compared."""
    one, two = tmp_path / "a.html", tmp_path / "b.html"
    evidence_report.write(sample.evidence(), one)
    evidence_report.write(Evidence.model_validate_json(sample.evidence().model_dump_json()), two)
    assert one.read_bytes() == two.read_bytes()


def test_exceptions_of_other_packs_are_said_to_be_tied_to_no_criterion() -> None:
    """A criterion's "no exception" must not be read as a word about the other packs."""
    shown = page().text["exceptions"]
    assert "From other packs (AwsSolutions): 1 of 2." in shown
    assert "tied to no criterion" in shown
    assert "tied to no criterion" not in page(acknowledgements=sample.EXCEPTIONS[:1]).text["exceptions"]


def test_a_process_page_is_said_to_be_in_the_repository() -> None:
    """The pack holds no such file, and an auditor would look for it there."""
    shown = page().text
    for criterion in CRITERIA.values():
        if criterion.process:
            place = f"{criterion.process} in the repository"
            assert (place in shown[criterion.id]) == criterion.process.startswith("docs/")


def test_evidence_that_contradicts_itself_is_refused() -> None:
    """A verdict of a rule that nobody described would vanish from the report."""
    with pytest.raises(ValueError, match="SOC2-S3-TLS"):
        evidence_report.render(sample.evidence(rules=sample.RULES[1:]))


def test_thousands_of_verdicts_stay_below_two_megabytes() -> None:
    """It is sent by mail and opened in a browser."""
    rules = tuple(
        sample.RULES[0].model_copy(update={"id": f"SOC2-MANY-N{n}", "criteria": ("CC6.1", "CC6.6", "CC6.7")})
        for n in range(160)
    )
    one = sample.RESULTS[0]
    results = tuple(
        one.model_copy(update={"rule": rule.id, "path": f"Alex-prod/Data/Construct{m}/Nested/WithAName/Resource"})
        for rule in rules
        for m in range(50)
    )
    text = evidence_report.render(sample.evidence(rules=rules, results=results, acknowledgements=()))
    assert len(text.encode()) < 2_000_000
