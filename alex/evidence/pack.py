"""The folder that an auditor gets: the evidence of a synthesis, its signature, the report and OSCAL.

Decision: the evidence is copied byte by byte from the assembly that passed the gate, and everything else is made from
that copy, so that one signature covers what all of them say.
"""

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from alex import places
from alex.errors import CommandError, Exit
from alex.evidence import signing
from soc2 import evidence as format_
from soc2.evidence import FILE, Evidence
from soc2.passed import first_expired
from soc2.rule import Status
from soc2.signing import RefusedError, SignatureFile, Signer, beside, check, sign
from soc2.source import state_of_source

COLUMNS = (Status.COMPLIANT, Status.ACKNOWLEDGED, Status.UNDECIDED, Status.NON_COMPLIANT, Status.NOT_APPLICABLE)


@dataclass(frozen=True)
class Pack:
    """What was written, and where."""

    evidence: Evidence
    file: Path
    report: Path
    oscal: Path
    signature: SignatureFile | None


def read(file: Path) -> Evidence:
    """The evidence in a file, or in a folder that holds one.

    :raises CommandError: there is none, or it cannot be used.
    """
    file = located(file)
    try:
        return format_.read(file)
    except (OSError, ValueError) as error:
        other = isinstance(error, format_.OtherVersionError)
        raise CommandError(
            f"no evidence that this version can read: {error.strerror if isinstance(error, OSError) else error}",
            where=str(file),
            remedy=format_.OtherVersionError.remedy if other else "name an evidence.json that `alex evidence` wrote",
            code=Exit.BAD_INPUT,
        ) from None


def located(file: Path) -> Path:
    """The evidence itself when ``file`` is its folder.

    :raises CommandError: there is none.
    """
    found = file / FILE if file.is_dir() else file
    if not found.is_file():
        raise CommandError(
            f"there is no {found.name}",
            where=str(file),
            remedy="`alex evidence -e ENV` writes it to .alex/evidence/ENV/",
            code=Exit.BAD_INPUT,
        )
    return found


def make(assembly: Path, folder: Path, signer: Signer | None) -> Pack:
    """Write the folder anew. What was in it of an earlier pack has gone, so that nothing old stands beside the new.

    :raises CommandError: the assembly has no evidence, or the key refuses.
    """
    from alex.evidence import oscal  # noqa: PLC0415 - not above: they bring much that `policy` does not need
    from alex.evidence import report as evidence_report  # noqa: PLC0415 - not above: they bring much that `policy` does not need

    source = assembly / FILE
    if not source.is_file():
        raise CommandError(
            f"the assembly has no {FILE}: it did not pass the policy gate",
            where=places.shown(assembly),
            remedy="synthesise it anew: `alex evidence --force`",
        )
    evidence = read(source)
    folder.mkdir(parents=True, exist_ok=True)
    file, report, catalogue = folder / FILE, folder / "report.html", folder / "oscal"
    for older in (file, beside(file), report):
        older.unlink(missing_ok=True)
    shutil.copyfile(source, file)
    signature = _signed(file, signer) if signer else None
    try:
        evidence_report.write(evidence, report)
        oscal.write(evidence, catalogue)
    except ValueError as error:
        raise CommandError(
            f"the evidence contradicts itself: {error}", where=places.shown(file), remedy="`alex evidence --force`"
        ) from None
    return Pack(evidence, file, report, catalogue, signature)


def outdated(assembly: Path) -> bool:
    """Whether unchanged templates have evidence that says something untrue by now: another commit than today's, or an
    acknowledgement that has expired since.
    """
    if not (assembly / FILE).is_file():
        return False
    try:
        found = format_.read(assembly / FILE)
    except ValueError:
        return True
    commit, changed = state_of_source(places.ROOT)
    moved = bool(commit) and (found.provenance.commit, found.provenance.changed) != (commit, changed)
    return moved or first_expired(found, datetime.now(UTC).date()) is not None


def signer_of(kms_key: str | None) -> Signer:
    """This machine's key, or a key of AWS KMS.

    :raises CommandError: it cannot be used.
    """
    if kms_key is None:
        try:
            return signing.LocalSigner()
        except signing.UnusableKeyError as error:
            raise CommandError(str(error), where="the signing key", remedy=error.remedy) from None
    import boto3  # noqa: PLC0415 - only this way of signing talks to AWS
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    try:
        client: Any = boto3.client("kms")
    except BotoCoreError as error:
        raise _kms_refused(kms_key, error) from None
    return signing.KmsSigner(client, kms_key)


def _signed(file: Path, signer: Signer) -> SignatureFile:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        return sign(file, signer, signing.verify)
    except (BotoCoreError, ClientError) as error:
        raise _kms_refused("KMS", error) from None
    except (signing.UnusableKeyError, RefusedError) as error:
        raise CommandError(
            str(error), where="the signing key", remedy="name another --kms-key, or none: this machine's key then signs"
        ) from None


def _kms_refused(key: str, error: Exception) -> CommandError:
    return CommandError(
        f"KMS did not sign: {error}",
        where=key,
        remedy="check credentials, AWS_REGION, and that the role may kms:Sign and kms:GetPublicKey with this key",
    )


def verified(file: Path, key: str | None) -> SignatureFile:
    """The signature of the file, if all is in order.

    :raises CommandError: it is not; the message says what is wrong.
    """
    file = located(file)
    try:
        return check(file, signing.verify, pinned=signing.fingerprint_of(key) if key else None)
    except signing.UnusableKeyError as error:
        raise CommandError(
            str(error), where="--key", remedy="name the signer's public key file or fingerprint", code=Exit.BAD_INPUT
        ) from None
    except RefusedError as error:
        raise CommandError(
            str(error),
            where=places.shown(file),
            remedy="do not rely on it: get evidence and signature anew from where they were made",
        ) from None


def criteria_table(evidence: Evidence) -> Table:
    """Verdicts by criterion and status; a rule counts for each criterion that it serves."""
    criteria_of = {rule.id: rule.criteria for rule in evidence.rules}
    counts: Counter[tuple[str, Status]] = Counter()
    for result in evidence.results:
        for criterion in criteria_of.get(result.rule, ()):
            counts[criterion, result.status] += 1
    rules = Counter(criterion for criteria in criteria_of.values() for criterion in criteria)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Criterion", no_wrap=True)
    for name in ("rules", *(status.value for status in COLUMNS)):
        table.add_column(name, justify="right", no_wrap=True)
    for criterion in sorted(rules):
        cells = [counts[criterion, status] for status in COLUMNS]
        table.add_row(criterion, str(rules[criterion]), *(str(cell) if cell else "-" for cell in cells))
    return table


def show(console: Console, pack: Pack) -> None:
    """The summary for people, and where everything is."""
    evidence = pack.evidence
    console.print(criteria_table(evidence))
    totals = Counter(result.status for result in evidence.results)
    said = ", ".join(f"{totals[status]} {status}" for status in COLUMNS)
    made = evidence.provenance
    commit = made.commit[:12] + (" with uncommitted changes" if made.changed else "")
    for line in (
        f"\n{len(evidence.results)} verdicts of {len(evidence.rules)} rules: {said}",
        f"{len(evidence.acknowledgements)} acknowledgements of {len(evidence.packs)} packs, "
        f"{len(evidence.switched_off)} rules of other packs switched off",
        f"{made.environment}, commit {commit}, {made.at:%Y-%m-%d %H:%M} UTC\n",
    ):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    places_ = [("evidence", pack.file), ("report", pack.report), ("OSCAL", pack.oscal)]
    if pack.signature:
        places_.insert(1, ("signature", beside(pack.file)))
    for name, path in places_:
        console.print(f"{name + ':':<11}{places.shown(path)}", highlight=False, markup=False, soft_wrap=True)
    if pack.signature:
        key = pack.signature.key
        console.print(f"{'key:':<11}{key.key_id}, SHA-256 {key.fingerprint}", highlight=False, soft_wrap=True)
    else:
        console.print("not signed", style="yellow")
