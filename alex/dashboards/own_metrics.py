"""Every metric that the functions' own code writes, read from the code itself.

Decision: derived, not declared. Each call of ``telemetry.metric(NAME, value, agent=..., unit=...)`` is found in the
syntax tree of the package, so that the list cannot tell what the code does not; a call from which nobody could read
the name is an error. Which function writes it follows from the imports of its handler's module: the list errs by too
many functions, never by too few.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from alex import places

PACKAGE = places.ROOT / "lambdas" / "advisor"
METHOD = "metric"


class UnreadableMetricError(Exception):
    """A call that writes a metric whose name does not stand in the code; the text says where, and how to write it."""


@dataclass(frozen=True)
class Written:
    """One metric of our own.

    :param agents: values of its dimension Agent; None: whichever agent it is about.
    :param module: where it is written; ``where`` as ``file:line``.
    """

    name: str
    unit: str
    agents: frozenset[str] | None
    module: str
    where: str


@dataclass(frozen=True)
class _Module:
    name: str
    path: Path
    tree: ast.Module

    @cached_property
    def constants(self) -> dict[str, str]:
        """Module-level names of texts."""
        found: dict[str, str] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    names = target.elts if isinstance(target, ast.Tuple) else [target]
                    values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
                    for name, value in zip(names, values, strict=False):
                        if isinstance(name, ast.Name) and isinstance(value, ast.Constant):
                            found[name.id] = str(value.value)
        return found

    @cached_property
    def imports(self) -> list[tuple[str, str, str]]:
        """Module, name in it, and name here, of everything imported from the package; lazy imports too."""
        return [
            (node.module, alias.name, alias.asname or alias.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE.name
            for alias in node.names
        ]


@lru_cache(maxsize=4)
def _modules(package: Path) -> Mapping[str, _Module]:
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = (package.name, *path.relative_to(package).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = _Module(name, path, ast.parse(path.read_text("utf-8")))
    return found


def written(package: Path = PACKAGE) -> tuple[Written, ...]:
    """All of them, by name and place.

    :raises UnreadableMetricError: a call hides its metric's name.
    """
    modules = _modules(package)
    found = [each for module in modules.values() for each in _of_module(module, modules)]
    return tuple(sorted(found, key=lambda each: (each.name, each.where)))


def agents(package: Path = PACKAGE) -> frozenset[str]:
    """The names that modules of agents give themselves (``NAME``)."""
    return frozenset(m.constants["NAME"] for m in _modules(package).values() if "NAME" in m.constants)


def summed(package: Path = PACKAGE) -> frozenset[str]:
    """The metrics that are written for the whole environment too: ``SPENT`` of the adapter."""
    module = _modules(package).get(f"{package.name}.adapters.telemetry")
    return frozenset(
        each.value
        for node in (module.tree.body if module else ())
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "SPENT" for t in node.targets)
        for each in ast.walk(node.value)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    )


def reached(module: str, package: Path = PACKAGE) -> frozenset[str]:
    """The modules that importing ``module`` may bring along."""
    modules, seen, waiting = _modules(package), set[str](), [module]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in modules:
            continue
        seen.add(name)
        for source, what, _ in modules[name].imports:
            waiting += [source, f"{source}.{what}"]
    return frozenset(seen)


def _of_module(module: _Module, modules: Mapping[str, _Module]) -> Iterator[Written]:
    for function in ast.walk(module.tree):
        # A method of this name hands on what others write.
        if isinstance(function, ast.FunctionDef) and function.name != METHOD:
            aliases = {METHOD, *_aliases(function)}
            for call in _calls(function):
                called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
                alone = isinstance(call.func, ast.Name) and called == METHOD
                if called in aliases and not alone and call.args:
                    yield from _of_call(call, function, module, modules)


def _calls(function: ast.FunctionDef) -> Iterator[ast.Call]:
    """Calls in the function itself, not in functions within it."""
    waiting: list[ast.AST] = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef):
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting += ast.iter_child_nodes(node)


def _aliases(function: ast.FunctionDef) -> set[str]:
    """Other names of the method: ``tell = self.telemetry.metric``."""
    return {
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and node.value.attr == METHOD
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _of_call(
    call: ast.Call, function: ast.FunctionDef, module: _Module, modules: Mapping[str, _Module]
) -> Iterator[Written]:
    path = module.path.relative_to(places.ROOT) if module.path.is_relative_to(places.ROOT) else module.path.name
    where = f"{path}:{call.lineno}"
    names = _texts(call.args[0], function)
    if not names:
        raise UnreadableMetricError(f"{where}: name the metric in the call, as a text or as A if ... else B")
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    unit = given.get("unit")
    for name in names:
        yield Written(
            name=name,
            unit=str(unit.value) if isinstance(unit, ast.Constant) else "Count",
            agents=_agents(given.get("agent"), module, modules),
            module=module.name,
            where=where,
        )


def _texts(node: ast.AST, function: ast.FunctionDef) -> list[str]:
    """The texts that an expression may be: itself, either branch, or what its name was given in the function."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body, function), *_texts(node.orelse, function)]
    if isinstance(node, ast.Name):
        given = [
            each.value
            for each in ast.walk(function)
            if isinstance(each, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == node.id for target in each.targets)
        ]
        return [text for value in given if not isinstance(value, ast.Name) for text in _texts(value, function)]
    return []


def _agents(node: ast.AST | None, module: _Module, modules: Mapping[str, _Module]) -> frozenset[str] | None:
    if isinstance(node, ast.Constant):
        return frozenset({str(node.value)})
    if isinstance(node, ast.Name):
        sources = [(module, node.id)]
        sources += [(modules[s], name) for s, name, here in module.imports if here == node.id and s in modules]
        for source, name in sources:
            if name in source.constants:
                return frozenset({source.constants[name]})
    return None
