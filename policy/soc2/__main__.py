"""``python -m soc2 ASSEMBLY``: what the gate let pass in a synthesised environment, and why, as an auditor reads it."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from soc2.gate import EVIDENCE

USAGE = "usage: python -m soc2 ASSEMBLY, for example .alex/prod/assembly after: make synth ENV=prod"


def lines(evidence: dict[str, Any]) -> Iterator[str]:
    """The evidence of a passed gate as text: rules that are switched off, then acknowledgements by construct."""
    off, accepted = evidence["switched_off"], evidence["acknowledged"]
    yield f"{', '.join(evidence['packs'])}: {len(off)} rules switched off, {len(accepted)} findings acknowledged"
    yield "\nSwitched off everywhere (findings that were not raised)"
    for rule in off:
        yield f"\n  {rule['rule']} ({rule['findings']})\n    why: {rule['reason']}\n    instead: {rule['covered_by']}"
    yield "\nAcknowledged, each for one finding on one construct"
    for entry in sorted(accepted, key=lambda entry: (entry["path"], entry["id"])):
        yield f"\n  {entry['path']}\n    {entry['id']}\n    {entry['reason']}"


def main(arguments: Sequence[str]) -> int:
    """Print the evidence; 1 with a message when there is none."""
    if len(arguments) != 1:
        print(USAGE, file=sys.stderr)
        return 1
    file = Path(arguments[0]) / EVIDENCE
    if not file.is_file():
        print(f"{file} is missing: that assembly did not pass the gate, or is none. {USAGE}", file=sys.stderr)
        return 1
    print("\n".join(lines(json.loads(file.read_text("utf-8")))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
