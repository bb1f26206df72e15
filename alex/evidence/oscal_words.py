"""What every OSCAL document here has in common: version, identifiers, properties, the head (COMP-09)."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from soc2.evidence import Provenance

Json = dict[str, Any]

OSCAL_VERSION = "1.2.1"

NAMESPACE = "urn:alex:soc2"
"""Of the properties that OSCAL has no name for, such as an exception's ticket."""

RULES_NAMESPACE = "https://oscal-compass.github.io/compliance-trestle/schemas/oscal"
"""Under which compliance tools look for ``Rule_Id`` and ``Rule_Description``."""


def uid(*names: str) -> str:
    """The UUID of what the names name, the same in every document and run."""
    return str(uuid5(NAMESPACE_URL, "\x1f".join((NAMESPACE, *names))))


def control_id(criterion: str) -> str:
    """``cc6.1`` of ``CC6.1``."""
    return criterion.lower()


def statement_id(criterion: str) -> str:
    """The part of a control that a finding is about."""
    return f"{control_id(criterion)}_smt"


def one_line(text: str) -> str:
    """OSCAL's titles and property values are single lines without blanks at their ends."""
    return " ".join(text.split()) or "none"


def prop(name: str, value: str, *, ns: str = NAMESPACE, remarks: str = "") -> Json:
    """A property; the remarks group properties that belong together."""
    return {"name": name, "ns": ns, "value": one_line(value), **({"remarks": remarks} if remarks else {})}


def metadata(title: str, found: Provenance) -> Json:
    """The head of a document; its version is the source's."""
    return {
        "title": one_line(title),
        "last-modified": found.at.isoformat(),
        "version": found.commit + ("+changed" if found.changed else ""),
        "oscal-version": OSCAL_VERSION,
    }
