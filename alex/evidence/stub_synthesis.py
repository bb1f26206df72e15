"""The program that `alex evidence change` runs for each of the two source trees that it compares.

It synthesises one environment of a tree, with stubs in the place of bundles, so that nothing is built and functions'
code decides no verdict. Decision: it runs by its path in a process of its own, with the tree's sources first on the
import path, and knows nothing of `alex`; the tree may be older than this file, so it asks the tree what it can do.
"""

import importlib
import importlib.util
import inspect
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any

FOLDERS = ("", "constructs", "policy", "lambdas", "local")
"""Where a tree's packages are."""
OURS = ("app", "costs", "settings", "stacks", "hardened", "soc2", "advisor", "local_cloud", "alex")
"""Modules that must come from the tree: the environment has those of the working tree installed."""


class Ending(IntEnum):
    """Exit codes; any other is a crash with a traceback."""

    WRITTEN = 0
    NO_EVIDENCE = 10
    NO_ENVIRONMENT = 11
    REFUSED = 12
    FOREIGN = 13


class ForeignError(Exception):
    """A module is not the tree's own."""


def main(tree: Path, environment: str, output: Path) -> Ending:
    """Synthesise ``environment`` of ``tree`` into ``output``; what stops it is printed."""
    try:
        for name in ("soc2", "settings"):
            importlib.import_module(name)
        refuse_foreign(tree)
        if importlib.util.find_spec("soc2.evidence") is None:
            return Ending.NO_EVIDENCE
        return _synthesised(tree, environment, output)
    except ForeignError as error:
        print(error)
        return Ending.FOREIGN


def _synthesised(tree: Path, environment: str, output: Path) -> Ending:
    loader, soc2 = _imported("settings"), _imported("soc2")
    try:
        settings = loader.load(environment)
    except loader.SettingsError as error:
        print(error)
        return Ending.NO_ENVIRONMENT
    application, stage, hardened = _imported("app"), _imported("stacks.stage"), _imported("hardened")
    refuse_foreign(tree, application, stage, hardened)
    cdk = _imported("aws_cdk")
    app = cdk.App(outdir=str(output), context=context_of(tree))
    stage.PlatformStage(app, settings=settings, bundles=StubBundles(output.with_name(f"{output.name}.zip")))
    wanted: dict[str, Callable[[], Any]] = {
        "profile": lambda: application.judged_as(settings),
        "switched_off": lambda: soc2.SWITCHED_OFF,
        "settings": lambda: settings.digest,
    }
    known = inspect.signature(soc2.synthesise).parameters
    try:
        soc2.synthesise(app, **{name: value() for name, value in wanted.items() if name in known})
    except soc2.GateError as error:
        print(error)
        return Ending.REFUSED
    refuse_foreign(tree)
    return Ending.WRITTEN if (output / "evidence.json").is_file() else Ending.NO_EVIDENCE


def _imported(name: str) -> Any:
    """A module whose names depend on the tree's age."""
    return importlib.import_module(name)


class StubBundles:
    """Bundles whose content and hash never change."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("empty.py", "")

    def code(self, _kind: str) -> Any:
        """The same code for every function."""
        cdk, lambda_ = _imported("aws_cdk"), _imported("aws_cdk.aws_lambda")
        return lambda_.Code.from_asset(
            str(self._archive), asset_hash="0" * 64, asset_hash_type=cdk.AssetHashType.CUSTOM
        )


def context_of(tree: Path) -> dict[str, Any]:
    """What the CDK command line would hand over: the feature flags, and the lookups of earlier syntheses."""
    found: dict[str, Any] = dict(json.loads((tree / "cdk.json").read_text("utf-8")).get("context", {}))
    looked_up = tree / "cdk.context.json"
    return found | (json.loads(looked_up.read_text("utf-8")) if looked_up.is_file() else {})


def refuse_foreign(tree: Path, *modules: Any) -> None:
    """Everything of ours that is loaded lies in ``tree``: otherwise one tree would be judged as the other.

    :raises ForeignError: a module does not.
    """
    for module in (*modules, *_loaded()):
        file = getattr(module, "__file__", None)
        for place in [file] if file else module.__path__:
            if not _within(Path(place).resolve(), tree.resolve()):
                raise ForeignError(f"{module.__name__} was imported from {place}, and not from {tree}")


def _within(place: Path, tree: Path) -> bool:
    """Not below `.venv` or `.alex`: what is there is of an installation, or of another tree."""
    return place.is_relative_to(tree) and not place.relative_to(tree).parts[0].startswith(".")


def _loaded() -> Iterator[Any]:
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] in OURS and module is not None:
            yield module


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
