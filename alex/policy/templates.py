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
        if (path / "manifest.json").is_file():
            found += _stages(path)
        elif path.is_dir():
            _folder(path, together)
        elif path.exists():
            together.add(_stack_name(path), path)
        else:
            raise TemplateError(f"{path}: there is no such file or folder")
    return [application for application in (*found, together) if application.templates]


def _stages(assembly: Path) -> list[Application]:
    found = []
    for manifest in sorted(assembly.rglob("manifest.json")):
        files = sorted(manifest.parent.glob("*.template.json"))
        if files:
            names = _names(manifest)
            application = Application(manifest.parent.name)
            for file in files:
                application.add(names.get(file.name, _stack_name(file)), file)
            found.append(application)
    if not found:
        raise TemplateError(f"{assembly}: is a cloud assembly without any template")
    return found


def _names(manifest: Path) -> dict[str, str]:
    """Stack name by template file, where the manifest says so."""
    try:
        artifacts = json.loads(manifest.read_text("utf-8")).get("artifacts", {})
        stacks = {k: a["properties"] for k, a in artifacts.items() if a.get("type") == "aws:cloudformation:stack"}
        return {str(found["templateFile"]): str(found.get("stackName", key)) for key, found in stacks.items()}
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
