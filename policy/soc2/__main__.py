"""``python -m soc2 ASSEMBLY``: what the gate let pass in a synthesised environment, and why, as an auditor reads it."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from soc2.evidence import FILE, AcknowledgementRecord, Evidence, OtherVersionError, read
from soc2.rule import Status

USAGE = "usage: python -m soc2 ASSEMBLY, for example .alex/prod/assembly after: make synth ENV=prod"


def lines(evidence: Evidence) -> Iterator[str]:
    """The evidence of a passed gate as text: verdicts, rules that are switched off, acknowledgements by construct."""
    off, accepted = evidence.switched_off, evidence.acknowledgements
    yield f"{', '.join(evidence.packs)}: {len(off)} rules switched off, {len(accepted)} findings acknowledged"
    verdicts = Counter(result.status for result in evidence.results)
    yield f"{len(evidence.rules)} SOC2 rules: " + ", ".join(f"{verdicts[s]} {s.value}" for s in Status if verdicts[s])
    if evidence.unjudged:
        named = ", ".join(f"{name} ({count})" for name, count in evidence.unjudged.items())
        yield f"\nTypes that no SOC2 rule names, with their resources\n\n  {named}"
    yield "\nSwitched off everywhere (findings that were not raised)"
    for rule in off:
        yield f"\n  {rule.rule} ({rule.findings})\n    why: {rule.reason}\n    instead: {rule.covered_by}"
    yield "\nAcknowledged, each for one finding on one construct"
    for entry in accepted:
        yield f"\n  {entry.path}\n    {entry.id}\n    {entry.reason}\n    {decision(entry)}"


def decision(entry: AcknowledgementRecord) -> str:
    """Treatment, owner, expiry and ticket on one line."""
    treatment = f"mitigated: {entry.by}" if entry.by else entry.treatment
    return f"{treatment}; {entry.owner} until {entry.expires}, {entry.ticket}"


def main(arguments: Sequence[str]) -> int:
    """Print the evidence; 1 with a message when there is none."""
    if len(arguments) != 1:
        print(USAGE, file=sys.stderr)
        return 1
    file = Path(arguments[0]) / FILE
    if not file.is_file():
        print(f"{file} is missing: that assembly did not pass the gate, or is none. {USAGE}", file=sys.stderr)
        return 1
    try:
        said = "\n".join(lines(read(file)))
    except OtherVersionError as error:
        print(f"{file}: {error}: {error.remedy}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(f"{file} is no evidence that can be read: {error}", file=sys.stderr)
        return 1
    try:
        print(said, flush=True)
    except BrokenPipeError:  # the reader has what it wanted; Python would fail at its end over what is still buffered
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
