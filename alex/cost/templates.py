"""The templates that are estimated: of this tree, of a commit, or from a folder.

Decision: a synthesis that the gate refuses is estimated too, since being over its budget is one reason for a refusal;
only its findings are for `alex synth`. Names of stacks are short (``Data``), so that two trees can be compared.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from alex import places, synthesis
from alex.errors import CommandError, Exit
from alex.evidence import change
from alex.evidence.stub_synthesis import Ending
from alex.journey import Journey
from costs import Templates


def of_this_tree(journey: Journey, environment: str) -> Templates:
    """Those of the last synthesis if nothing has changed since, otherwise of a new one, with stubs for bundles."""
    assembly = places.STATE / environment / "assembly"
    stamp = assembly.with_name(assembly.name + ".inputs")
    inputs = synthesis.inputs_of(environment, synthesis.target_of(environment), None)
    if stamp.exists() and stamp.read_text("utf-8") == inputs and (assembly / "manifest.json").exists():
        return of_folder(assembly)
    places.STATE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cost-", dir=places.STATE) as folder:
        return _synthesised(journey, places.ROOT, "this tree", environment, Path(folder) / "out")


def of_base(journey: Journey, base: str, environment: str) -> Templates:
    """Those of a folder, or of a commit, branch or tag.

    :raises CommandError: it is neither, or does not synthesise.
    """
    if Path(base).is_dir():
        return of_folder(Path(base))
    commit = change.base_of(base)
    places.STATE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cost-", dir=places.STATE) as folder:
        tree = Path(folder) / "tree"
        with journey.step(f"Export {commit}"):
            change.export(commit.commit, tree)
        return _synthesised(journey, tree, str(commit), environment, Path(folder) / "out")


def _synthesised(journey: Journey, tree: Path, name: str, environment: str, output: Path) -> Templates:
    with journey.step(f"Synthesise {environment} of {name}") as step:
        ending, said = change.synthesise(tree, environment, output)
        templates = of_folder(output) if output.is_dir() and any(output.rglob("*.template.json")) else {}
        if not templates:
            raise CommandError(
                f"{name} cannot be synthesised for {environment}",
                where="alex cost",
                remedy=f"what is printed above says why; `alex synth -e {environment}`",
                output=said,
            )
        step.result(f"{len(templates)} stacks" + ("; the gate refuses it" if ending == Ending.REFUSED else ""))
    return templates


def of_folder(folder: Path) -> Templates:
    """The templates in a folder of `cdk synth`, or any other, by the stack's name.

    :raises CommandError: there is none, or one is no JSON.
    """
    found: dict[str, Any] = {}
    names = _stack_names(folder)
    for file in sorted(folder.rglob("*.template.json")):
        try:
            found[names.get(file.resolve(), file.name.partition(".")[0])] = json.loads(file.read_text("utf-8"))
        except ValueError as error:
            raise _unusable(f"{places.shown(file)} is no JSON ({error})") from None
    if not found:
        raise _unusable(f"there is no *.template.json in {places.shown(folder)}")
    return found


def _stack_names(folder: Path) -> dict[Path, str]:
    names = {}
    for manifest in folder.rglob("manifest.json"):
        for artifact in json.loads(manifest.read_text("utf-8")).get("artifacts", {}).values():
            if artifact["type"] == "aws:cloudformation:stack":
                properties = artifact["properties"]
                file = (manifest.parent / properties["templateFile"]).resolve()
                names[file] = properties["stackName"].rsplit("-", 1)[-1]
    return names


def _unusable(what: str) -> CommandError:
    return CommandError(
        what,
        where="alex cost",
        remedy="name a folder that `cdk synth` wrote, such as .alex/prod/assembly, or a commit, branch or tag",
        code=Exit.BAD_INPUT,
    )
