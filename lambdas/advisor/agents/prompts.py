"""The prompt registry (XAI-06): what the model is told stands in files that a person can read and edit, not in code.

A prompt is `advisor/prompts/<id>.toml`: ``id``, ``version``, ``owner``, the model ``role`` it was written for, the one
``tool`` it asks for, its ``variables``, and two texts with ``$variables``: ``system`` and ``template``. ``$rules`` are
`rules.txt`, the same for all. A released text never changes: `released.toml` holds each version's checksum, and a test
compares them, so that the version in an audit entry says which words were used (``reporter-2 (sha256:abcd1234)``).
"""

import hashlib
import json
import tomllib
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FOLDER = Path(__file__).resolve().parent.parent / "prompts"


class PromptError(Exception):
    """A prompt is missing or cannot be used; the text says which and why."""


class Prompt(BaseModel):
    """One prompt as it is filled in and sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)
    owner: str = Field(min_length=1)
    role: Literal["large", "small"]
    tool: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    tool_description: str = Field(min_length=1)
    variables: tuple[str, ...]
    system: str = Field(min_length=1)
    template: str = Field(min_length=1)

    @model_validator(mode="after")
    def _variables_are_those_of_the_text(self) -> Self:
        found = set(Template(self.template).get_identifiers())
        if found != set(self.variables) or not Template(self.template).is_valid():
            raise ValueError(f"variables are {sorted(self.variables)}, the template has {sorted(found)}")
        return self

    @property
    def checksum(self) -> str:
        """SHA-256 of everything that the model gets to read of it."""
        said = [self.system, self.template, self.tool, self.tool_description]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    @property
    def label(self) -> str:
        """``reporter-2``: what a summary shows."""
        return f"{self.id}-{self.version}"

    @property
    def version_and_checksum(self) -> str:
        """``reporter-2 (sha256:abcd1234)``: what an audit entry holds."""
        return f"{self.label} (sha256:{self.checksum[:8]})"

    def filled(self, **values: str) -> str:
        """The template with its variables; raises PromptError when some are missing or unknown."""
        if values.keys() != set(self.variables):
            raise PromptError(f"{self.label} needs {sorted(self.variables)}, got {sorted(values)}")
        return Template(self.template).substitute(values)


@lru_cache
def prompt(prompt_id: str) -> Prompt:
    """The prompt of an agent; raises PromptError naming the file."""
    return read(FOLDER / f"{prompt_id}.toml")


def read(path: Path) -> Prompt:
    """The prompt in a file, with the rules beside it; raises PromptError."""
    try:
        fields = tomllib.loads(path.read_text("utf-8"))
        rules = (path.parent / "rules.txt").read_text("utf-8").strip()
        return Prompt.model_validate(
            fields | {"system": Template(str(fields.get("system", ""))).substitute(rules=rules)}
        )
    except (OSError, ValueError, KeyError) as error:
        what = error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise PromptError(f"{path.name}: {what}") from None


def prompts() -> tuple[Prompt, ...]:
    """All prompts by id."""
    return tuple(prompt(path.stem) for path in sorted(FOLDER.glob("*.toml")) if path.stem != "released")


def released() -> dict[str, str]:
    """Checksum by label (``reporter-2``) of every version that was ever in force."""
    return dict(tomllib.loads((FOLDER / "released.toml").read_text("utf-8")))
