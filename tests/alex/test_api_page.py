"""The published contract: current, whole, and safe to open (API-14)."""

import json
import re
from html import unescape
from typing import Any

from alex import api_page

DOCUMENT: dict[str, Any] = json.loads(api_page.CONTRACT.read_text("utf-8"))


def test_the_published_page_is_the_one_of_the_contract() -> None:
    """API-14: a client's author who reads an old page builds for another API: `make openapi` writes it."""
    assert api_page.TARGET.read_text("utf-8") == api_page.text(), "docs/api.html is stale: run `make openapi`"


def test_the_page_shows_everything_that_a_client_must_know() -> None:
    """API-14: every operation with its parameters, the fields of its body, and the text of each refusal."""
    page = unescape(api_page.text())
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            section = page.split(f'<section id="{operation["operationId"]}">')[1].split("</section>")[0]
            assert f"<code>{path}</code>" in section
            assert method.upper() in section
            assert operation["summary"] in section
            for parameter in operation["parameters"]:
                assert f"<code>{parameter['name']}</code>" in section
            for status in operation["responses"]:
                assert status in section
            if "requestBody" in operation:
                name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
                for field in DOCUMENT["components"]["schemas"][name].get("properties", {}):
                    assert f"<code>{field}</code>" in section, (path, field)
    for answer in DOCUMENT["components"]["responses"].values():
        assert answer["description"] in page


def test_limits_and_defaults_are_words() -> None:
    """API-14: what is refused with 422 can be read before it is sent."""
    section = unescape(api_page.text()).split('<section id="compute_scenario">')[1].split("</section>")[0]
    for words in ("at least 0.1; at most 25; default 4", "class_returns.equity.mean", "at least -20; at most 30"):
        assert words in section
    assert "more than 0" in unescape(api_page.text()).split('<section id="create_position">')[1].split("</section>")[0]


def test_the_page_loads_and_runs_nothing() -> None:
    """API-14: it is opened from a disk, a mail or behind a strict content policy."""
    page = api_page.text()
    assert not re.search(r"<script|<link|<img|@import|url\(|https?://|\son\w+=", page)


def test_texts_of_the_contract_cannot_become_markup() -> None:
    """SEC-18: whoever writes a description does not write the page."""
    evil = json.loads(json.dumps(DOCUMENT).replace("List all instruments", "<script>alert(1)</script>"))
    assert "<script>alert" not in api_page.page(evil)
