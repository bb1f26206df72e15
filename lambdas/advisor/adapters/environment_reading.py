"""How a function's environment is read: once a process, checked, and a bad one reported whole.

Decision: every variable at fault is named in one message, so that a deployment is repaired in one go. Only names of
secrets are settings, never secrets themselves (SEC-13), which is why values may be shown in the message.
"""

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Text = Annotated[str, Field(min_length=1)]

E = TypeVar("E", bound="Environment")


class ConfigurationError(Exception):
    """The function's environment is incomplete or wrong; the message names every variable and the reason."""


class Environment(BaseModel):
    """What every function has: the environment's name, its own name, and how it logs and counts."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    environment: Text = Field(alias="ENVIRONMENT")
    service: Text = Field(alias="POWERTOOLS_SERVICE_NAME")
    metrics_namespace: Text = Field(default="Alex", alias="POWERTOOLS_METRICS_NAMESPACE")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        default="INFO", alias="POWERTOOLS_LOG_LEVEL"
    )


def parse(model: type[E], values: Mapping[str, str]) -> E:
    """The model of ``values`` (empty texts count as absent); raises ConfigurationError naming every bad variable."""
    try:
        return model.model_validate({name: value for name, value in values.items() if value != ""})
    except ValidationError as error:
        raise ConfigurationError(_explain(model, error.errors(include_url=False), values)) from None


def _explain(model: type[Environment], errors: list[Any], values: Mapping[str, str]) -> str:
    """One line for each variable at fault."""
    lines = []
    for error in errors:
        path = ".".join(str(part) for part in error["loc"])
        reason = str(error["msg"]).removeprefix("Value error, ")
        if not path:
            lines.append(reason)
        elif error["type"] == "missing" and "." not in path:
            lines.append(f"{path}: missing")
        else:
            shown = values.get(path, "")
            lines.append(f"{path}{f'={shown!r}' if shown else ''}: {reason}")
    listed = "\n  ".join(sorted(lines))
    return (
        f"{len(lines)} environment variable(s) of {model.__name__} are wrong; correct the stack's settings:\n  {listed}"
    )


@lru_cache
def _load(model: type[Environment]) -> Environment:
    return parse(model, os.environ)


def load(model: type[E]) -> E:
    """The handler's environment, read once a process (raises ConfigurationError)."""
    loaded = _load(model)
    assert isinstance(loaded, model)
    return loaded


def starting() -> bool:
    """Lambda is starting this process (or keeps it warm) and no request waits yet."""
    return "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ


def forget() -> None:
    """Drop what was read, for tests that change the environment."""
    _load.cache_clear()
