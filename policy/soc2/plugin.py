"""Runs the packs in a synthesis, asks the gate for its verdict, and writes the evidence of what passed.

Two lines for any application: ``from soc2 import synthesise``, and ``synthesise(app)`` in the place of ``app.synth()``.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from aws_cdk import App, Stack, Validations
from constructs import IConstruct

from soc2.attached import MARK
from soc2.collect import collect
from soc2.evidence import FILE, write
from soc2.exceptions import SwitchedOff
from soc2.gate import (
    ACKNOWLEDGED,
    ADVICE,
    PACKS,
    REPORT,
    Acknowledgement,
    GateError,
    read_verdict,
    refuse_unless_clean,
)
from soc2.packs import NagChecks, SocChecks, nag_packs
from soc2.profile import Profile


def synthesise(
    app: App, *, profile: Profile | None = None, switched_off: Sequence[SwitchedOff] = (), settings: str = ""
) -> Path:
    """Synthesise ``app`` with every pack attached; return the assembly's folder, with its evidence, if nothing is
    wrong with it.

    :param profile: what the application says of itself; without one it is judged as production.
    :param switched_off: rules of other packs that contradict the application's design, each with what covers it.
    :param settings: hash of what the application was made from, for the evidence.
    :raises GateError: findings, unsound acknowledgements, or a gate that did not run.
    """
    profile = profile or Profile()
    soc = SocChecks(profile)
    nag = nag_packs(app, (rule.rule for rule in switched_off))
    Validations.of(app).add_plugins(soc, *nag)
    app.node.add_metadata(MARK, list(PACKS))
    folder = Path(app.outdir)
    for older in (REPORT, FILE):  # an older report must not speak for this synthesis
        (folder / older).unlink(missing_ok=True)
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error) or not (folder / REPORT).exists():
            raise
    verdict = replace(read_verdict(folder), stacks=frozenset(soc.templates))
    try:
        refuse_unless_clean(verdict, broken_packs=_broken([soc, *nag]), above=_above_stacks(app))
    except GateError:
        (folder / "manifest.json").unlink(missing_ok=True)  # what was refused must not look like something to deploy
        raise
    evidence = collect(
        soc.results,
        verdict,
        assembly=folder,
        profile=profile,
        templates=soc.templates,
        switched_off=switched_off,
        left_out=sum((pack.left_out for pack in nag), Counter()),
        settings=settings,
        types=soc.types,
    )
    write(evidence, folder / FILE)
    return folder


def _broken(packs: Iterable[SocChecks | NagChecks]) -> Iterator[str]:
    """What is wrong with the packs themselves."""
    by_name = {pack.name: pack for pack in packs}
    for name in PACKS:
        pack = by_name.get(name)
        if pack is None or not pack.ran:
            yield f"the rule pack {name} did not run"
        elif not pack.canary_died:
            yield f"the rule pack {name} found nothing wrong with its canary"


def _above_stacks(app: App) -> Iterator[Acknowledgement]:
    for scope in _outside_stacks(app):
        for entry in scope.node.metadata:
            if entry.type == ACKNOWLEDGED:
                for rule, reason in dict(entry.data).items():
                    if not rule.startswith(ADVICE):
                        yield Acknowledgement(rule, scope.node.path, reason)


def _outside_stacks(scope: IConstruct) -> Iterator[IConstruct]:
    yield scope
    for child in scope.node.children:
        if not Stack.is_stack(child):
            yield from _outside_stacks(child)


__all__ = ["PACKS", "GateError", "synthesise"]
