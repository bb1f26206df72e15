"""Reads one environment's file, lays an optional overlay over it, and reports every error at once."""

from collections.abc import Mapping
from copy import deepcopy
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from settings.model import EnvironmentName, Settings

FOLDER = Path(__file__).parent / "environments"
ENVIRONMENTS: tuple[str, ...] = get_args(EnvironmentName)


class SettingsError(Exception):
    """The settings are unusable; the text lists every problem, one a line."""


def load(environment: str | None, overlay: Path | None = None) -> Settings:
    """Settings of ``environment``.

    :param environment: one of `ENVIRONMENTS`.
    :param overlay: a YAML file of the same shape, merged over the environment's (an account id, the local ports).
    :raises SettingsError: unknown environment, unreadable file, unknown key, value out of range, broken rule.
    """
    if environment not in ENVIRONMENTS:
        said = "no environment was given" if not environment else f"unknown environment {environment!r}"
        raise SettingsError(f"{said}: choose one of {', '.join(ENVIRONMENTS)}, for example: cdk synth -c env=dev")
    source = FOLDER / f"{environment}.yaml"
    data: dict[str, Any] = {"name": environment, **_read(source)}
    if overlay:
        data = _merged(data, _read(overlay))
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        origin = f"{source.name} with {overlay}" if overlay else source.name
        lines = _problems(error) + _broken_rules_besides(error, data)
        text = "\n".join(f"  - {line}" for line in lines)
        raise SettingsError(f"{len(lines)} problem(s) in the settings ({origin}):\n{text}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path} must hold a mapping of settings, not {type(content).__name__}")
    return content


def _merged(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        before = merged.get(key)
        merged[key] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def _problems(error: ValidationError) -> list[str]:
    lines: list[str] = []
    for problem in error.errors():
        location = problem["loc"]
        path = ".".join(str(part) for part in location)
        if problem["type"] == "rules":
            lines += problem["ctx"]["broken"].splitlines()
        elif problem["type"] == "extra_forbidden":
            lines.append(f"{path}: there is no such setting{_did_you_mean(location)}")
        else:
            value = "" if problem["type"] == "missing" else f" is {problem['input']!r}"
            requirement = requirement_of(location)
            lines.append(f"{path}{value}: {problem['msg']}" + (f" [{requirement}]" if requirement else ""))
    return lines


def _broken_rules_besides(error: ValidationError, data: dict[str, Any]) -> list[str]:
    """Rules run only on valid fields: judge the rest without the faulty ones, so that one run reports everything."""
    locations = [problem["loc"] for problem in error.errors() if problem["type"] != "rules"]
    if not locations:
        return []
    rest = deepcopy(data)
    for location in locations:
        _remove(rest, location)
    try:
        Settings.model_validate(rest)
    except ValidationError as second:
        faulty = {".".join(str(part) for part in location) for location in locations}
        rules = [line for line in _problems(second) if not any(line.startswith(path) for path in faulty)]
        return rules if all(problem["type"] == "rules" for problem in second.errors()) else []
    return []


def _remove(data: Any, location: tuple[int | str, ...]) -> None:
    for part in location[:-1]:
        data = data.get(part) if isinstance(data, dict) else None
    if isinstance(data, dict):
        data.pop(location[-1], None)


def _did_you_mean(location: tuple[int | str, ...]) -> str:
    section = _section(location[:-1])
    close = get_close_matches(str(location[-1]), section.model_fields, n=1) if section else []
    return f"; did you mean {'.'.join([*map(str, location[:-1]), close[0]])}?" if close else ""


def _section(location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model that holds the settings below ``location``."""
    model: type[BaseModel] | None = Settings
    for part in location:
        field = model.model_fields.get(str(part)) if model else None
        annotation = field.annotation if field else None
        model = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    return model


def requirement_of(location: tuple[int | str, ...]) -> str | None:
    """Requirement id of the setting at ``location``, or of the closest one above it."""
    for end in range(len(location), 0, -1):
        section = _section(location[: end - 1])
        field = section.model_fields.get(str(location[end - 1])) if section else None
        if field and isinstance(field.json_schema_extra, dict) and "requirement" in field.json_schema_extra:
            return str(field.json_schema_extra["requirement"])
    return None
