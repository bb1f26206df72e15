"""Which templates a person means by a path: a file, a folder of them, or what `cdk synth` wrote.

Decision: what is deployed together is judged together, because references lead from one stack into another and some
rules ask for something once an account. Every stage of a cloud assembly is such a whole; so is everything else that one
command names.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alex.policy import cfn_yaml
from soc2.nested import Parents, find_nested
from soc2.template import TemplateError

ENDINGS = (".json", ".yaml", ".yml", ".template")
_NAMED = re.compile(r"\.template(\.(json|ya?ml))?$")
_LOOKS = re.compile(r"""^\s*["']?(AWSTemplateFormatVersion|Resources)["']?\s*:""", re.MULTILINE)
_OTHERS = {"node_modules", "site-packages", "__pycache__"}


@dataclass
class Application:
    """Templates that are judged together: JSON by stack name, and the files that they are from."""

    name: str
    templates: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    parents: Parents = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)

    def add(self, stack: str, file: Path) -> None:
        """Read a template; one of the same name keeps its own under its file's path.

        :raises TemplateError: it is none.
        """
        if file in self.files.values():
            return
        stack = stack if stack not in self.templates else str(file)
        self.templates[stack] = cfn_yaml.read(file)
        self.files[stack] = file

    def notes(self) -> Iterator[str]:
        """What of the templates no rule can see."""
        yield from (f"{stack}: has no resources, so there is nothing to judge" for stack in self.empty)
        for stack, template in self.templates.items():
            macros = template.get("Transform")
            for macro in macros if isinstance(macros, list) else [macros] if macros else []:
                name = macro.get("Name") if isinstance(macro, dict) else macro
                yield f"{stack}: what the transformation {name} makes at deployment is not judged"
            if any(str(name).startswith("Fn::ForEach") for name in template["Resources"]):
                yield f"{stack}: resources of Fn::ForEach loops are not judged"


def gather(paths: Iterable[Path]) -> list[Application]:
    """The applications that ``paths`` name, each with at least one template.

    :raises TemplateError: a path is missing, has no template, or one that cannot be read.
    """
    found: list[Application] = []
    together = Application("templates")
    for path in paths:
        if is_assembly(path):
            found += _stages(path)
        elif path.is_dir():
            _folder(path, together)
        elif path.exists():
            together.add(_stack_name(path), path)
        else:
            raise TemplateError(f"{path}: there is no such file or folder")
    return [application for application in (*found, together) if application.templates]


def is_assembly(path: Path) -> bool:
    """Whether `cdk synth` wrote this folder."""
    return (path / "manifest.json").is_file()


def _stages(assembly: Path) -> list[Application]:
    found = []
    for manifest in sorted(assembly.rglob("manifest.json")):
        files = sorted(manifest.parent.glob("*.template.json"))
        if files:
            found.append(_stage(manifest, files))
    if not found:
        raise TemplateError(f"{assembly}: is a cloud assembly without any template")
    return found


def _stage(manifest: Path, files: list[Path]) -> Application:
    """The stacks of one stage, and what is nested in them."""
    stacks = _stacks(manifest)
    nested, parents = find_nested({path: manifest.parent / file for path, (file, _) in stacks.items()})
    called = {path: name for path, (_, name) in stacks.items()}
    names = dict(stacks.values()) | {file.name: path for path, file in nested.items()}
    application = Application(manifest.parent.name)
    for file in files:
        name = names.get(file.name, _stack_name(file))
        if _is_empty(file):
            application.empty.append(name)
        else:
            application.add(name, file)
    application.parents = {path: (called.get(above, above), key) for path, (above, key) in parents.items()}
    return application


def _is_empty(file: Path) -> bool:
    """Whether CDK wrote a stack without resources: then it writes no ``Resources`` either."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and "Resources" not in found and set(found) <= {"Parameters", "Rules"}


def _stacks(manifest: Path) -> dict[str, tuple[str, str]]:
    """(template file, stack name) by construct path, as the manifest says."""
    try:
        artifacts = json.loads(manifest.read_text("utf-8")).get("artifacts", {})
        return {
            str(a.get("displayName", key)).split(" ", maxsplit=1)[0]: (
                str(a["properties"]["templateFile"]),
                str(a["properties"].get("stackName", key)),
            )
            for key, a in artifacts.items()
            if a.get("type") == "aws:cloudformation:stack"
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise TemplateError(f"{manifest}: is no manifest of a cloud assembly ({error})") from None


def _folder(folder: Path, together: Application) -> None:
    candidates = sorted(path for path in folder.rglob("*") if path.suffix in ENDINGS and _ours(path, folder))
    before = len(together.templates)
    for path in candidates:
        if path.is_file() and (_NAMED.search(path.name) or _looks_like_one(path)):
            together.add(_stack_name(path), path)
    if len(together.templates) == before:
        raise TemplateError(f"{folder}: no template in it ({', '.join(ENDINGS)} with an object `Resources`)")


def _ours(path: Path, folder: Path) -> bool:
    return not any(part in _OTHERS or part.startswith(".") for part in path.relative_to(folder).parts)


def _looks_like_one(path: Path) -> bool:
    """A folder has other JSON and YAML too; what says it is a template must be one."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False
    return bool(_LOOKS.search(text) or re.match(r"""\s*\{\s*["'](AWSTemplateFormatVersion|Resources)["']""", text))


def _stack_name(file: Path) -> str:
    return _NAMED.sub("", file.name).removesuffix(".json").removesuffix(".yaml").removesuffix(".yml")
