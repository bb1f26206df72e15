"""Whether an assembly on disk is one that the gate let pass, and still would: asked before anything is deployed."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

from soc2.evidence import FILE, AcknowledgementRecord, Evidence, read


def why_not_passed(assembly: Path, today: date | None = None) -> str:
    """Why the templates in a folder may not be deployed; empty when the gate let exactly these pass, and no
    acknowledgement has expired since.

    :param today: in UTC; default: now.
    """
    file = assembly / FILE
    if not file.is_file():
        return f"{file.name} is missing: the gate did not let it pass"
    try:
        evidence = read(file)
    except ValueError:
        return f"{file.name} is not readable as evidence"
    judged = set(evidence.provenance.templates.values())
    for template in sorted(assembly.rglob("*.template.json")):
        if hashlib.sha256(template.read_bytes()).hexdigest() not in judged:
            return f"{template.name} is not what the gate has judged"
    expired = first_expired(evidence, today or datetime.now(UTC).date())
    return f"the acknowledgement of {expired.id} ended on {expired.expires} ({expired.owner})" if expired else ""


def first_expired(evidence: Evidence, today: date) -> AcknowledgementRecord | None:
    """An acknowledgement whose last day is over; None when all hold."""
    return next((record for record in evidence.acknowledgements if record.expires < today), None)
