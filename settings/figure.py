"""One way to declare a setting: default, unit, requirement and range together, so that an error can quote all four."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict


class Section(BaseModel):
    """A slice of the settings that one stack receives: immutable; an unknown key is an error, not a no-op; no number
    is infinite or none, which every range would let through."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False, hide_input_in_errors=False
    )


def figure(default: Any = ..., *, req: str, unit: str = "", system: str | None = None, **limits: Any) -> Any:
    """Declare a setting.

    :param default: production's value, the strictest of the sources; an environment's file says where it differs.
    :param req: id of the requirement that asks for it; every error message carries it.
    :param unit: unit of the number, for example ``"s"``, ``"days"``, ``"ACU"``.
    :param system: set when nothing reads the setting yet: the id of the system that will. ``alex settings`` shows it.
    :param limits: pydantic constraints (``ge``, ``le``, ``pattern`` ...) and ``description``.
    """
    extra: JsonDict = {"requirement": req, "unit": unit}
    if system:
        extra["planned"] = system
    return Field(default, json_schema_extra=extra, **limits)
