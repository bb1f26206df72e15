"""The evidence report in a browser: its search, filters and deep links do what they say."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from alex.evidence import report as evidence_report
from soc2.criteria import CRITERIA
from tests.alex import evidence_sample as sample

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)


def dom(file: Path, query: str, tmp_path: Path) -> str:
    """The page as a browser has it after its script ran."""
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
        "--virtual-time-budget=4000", "--dump-dom", f"{file.as_uri()}{query}",
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def shown(text: str, tag: str) -> set[str]:
    """Ids of elements that the filter left."""
    elements = re.findall(rf"<{tag} ([^>]*)>", text)
    found = ((re.search(r'id="([^"]+)"', one), "gone" in one) for one in elements)
    return {match[1] for match, gone in found if match and not gone}


@pytest.mark.skipif(not BROWSER, reason="no Chromium on this machine")
@pytest.mark.parametrize(
    ("query", "criteria", "controls", "rows"),
    [
        ("?q=s3-tls", {"CC6.7", "C1.1"}, {"SOC2-S3-TLS"}, 4),
        ("?q=inbox", {"CC6.7", "C1.1"}, {"SOC2-S3-TLS"}, 1),
        ("?q=data/tagger", {"CC6.3"}, {"SOC2-IAM-WILDCARD"}, 1),
        ("?status=undecided", {"CC7.2"}, {"SOC2-TRAIL-EXISTS"}, 1),
        ("?status=acknowledged&status=undecided", {"CC6.3", "CC7.2"}, {"SOC2-IAM-WILDCARD", "SOC2-TRAIL-EXISTS"}, 2),
        ("?q=bucket+results", {"CC6.7", "C1.1"}, {"SOC2-S3-TLS"}, 1),
        ("?q=nowhere-to-be-found", set(), set(), 0),
        ("?q=inbox#SOC2-IAM-WILDCARD", set(CRITERIA), {rule.id for rule in sample.RULES}, None),
    ],
)
def test_search_and_filters_find_what_they_name(
    query: str, criteria: set[str], controls: set[str], rows: int | None, tmp_path: Path
) -> None:
    """In a browser; a link to something that the filter hides clears the filter."""
    file = tmp_path / "report.html"
    evidence_report.write(sample.evidence(), file)
    text = dom(file, query, tmp_path)
    articles = shown(text, "article")
    assert {name for name in articles if name.startswith("SOC2")} == controls
    assert {name for name in articles if not name.startswith("SOC2")} == criteria
    status = re.findall(r'id="hits"[^>]*>([^<]*)<', text)[0]
    assert (f" {rows} verdict" in status) if rows is not None else status == ""


NARROW = 420
"""Pixels across a telephone."""


@pytest.mark.skipif(not BROWSER, reason="no Chromium on this machine")
def test_a_telephone_shows_the_page_without_scrolling_sideways(tmp_path: Path) -> None:
    """Remedies with long property paths once made it twice as wide as the screen, and hid the chart's figures."""
    fix = f"set {'/'.join(f'SomeProperty{n}' for n in range(9))}, which CDK calls {'configuration.' * 9}enabled"
    rules = tuple(rule.model_copy(update={"fix": fix, "title": f"Long: {fix}"}) for rule in sample.RULES)
    text = evidence_report.render(sample.evidence(rules=rules))
    measure = """<script>
    for (const part of document.querySelectorAll("details")) part.open = true;
    setTimeout(() => {
      const chart = [...document.querySelectorAll("svg.stacked")].filter((one) => one.getClientRects().length);
      const box = chart[0].parentElement;
      parent.postMessage([innerWidth, document.documentElement.scrollWidth, chart.length,
        box.scrollWidth - box.clientWidth].join(" "), "*");
    }, 1000);
    </script></body>"""
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text).replace("</body>", measure)
    (tmp_path / "report.html").write_text(text, "utf-8")
    frame = tmp_path / "frame.html"  # a window cannot be that narrow
    frame.write_text(
        '<!doctype html><p id="found"></p><script>addEventListener("message", (event) => '
        '{ document.getElementById("found").textContent = event.data; });</script>'
        f'<iframe src="report.html" width="{NARROW}" height="900" style="border:0"></iframe>',
        "utf-8",
    )
    found = re.findall(r'id="found">([^<]*)<', dom(frame, "", tmp_path))[0]
    width, needed, charts, hidden = (int(part) for part in found.split())
    assert width == NARROW
    assert needed <= NARROW
    assert (charts, hidden) == (1, 0)
