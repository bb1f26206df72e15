"""One question to the model as an agent says it, and the way from its facts to a question and from an answer back."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from advisor.agents.prompts import Prompt
from advisor.agents.schema import tool_schema
from advisor.domain.advice import Review
from advisor.domain.audit import canonical
from advisor.ports.model import ModelAnswer, Question, Refused


class Answer(BaseModel):
    """Base of what a model fills in: unknown fields refused, so that a misunderstanding shows."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


A = TypeVar("A", bound=Answer)


@dataclass(frozen=True)
class Task(Generic[A]):
    """One question to the model: everything that differs between agents.

    ``prompt`` is the registry's; ``facts`` go into its one data block; ``product`` turns a valid answer into what is
    stored (a JSON object), ``review`` judges it, ``fallback`` makes the same without a model.
    """

    agent: str
    prompt: Prompt
    answer: type[A]
    facts: Mapping[str, Any]
    product: Callable[[A], dict[str, Any]]
    review: Callable[[dict[str, Any]], Review]
    fallback: Callable[[], dict[str, Any]]
    max_tokens: int = 4096


class NotAcceptedError(Exception):
    """The answer is not of the form that was asked for; the text says what is wrong in a form the model can act on."""

    def __init__(self, count: int, lines: str) -> None:
        super().__init__(f"The tool's input was not accepted. Correct it and answer again:\n{lines}")
        self.count = count


def question_of(task: Task[A], refused: Refused | None, asked_for: Mapping[str, str]) -> Question:
    """What is asked: the prompt with the facts, and what was wrong with the answer before."""
    # The closing marker inside the data would let stored text speak as if it stood outside.
    data = json.dumps(canonical(task.facts), sort_keys=True, ensure_ascii=False, indent=1).replace("</", "<\\/")
    return Question(
        system=task.prompt.system,
        prompt=task.prompt.filled(data=data),
        tool_name=task.prompt.tool,
        tool_description=task.prompt.tool_description,
        schema=tool_schema(task.answer),
        prompt_version=task.prompt.label,
        refused=refused,
        max_tokens=task.max_tokens,
        agent=task.agent,
        **asked_for,
    )


def product_of(task: Task[A], answer: ModelAnswer) -> dict[str, Any]:
    """What the answer makes; raises NotAcceptedError with what the model did wrong."""
    if answer.problem:
        raise NotAcceptedError(1, f"- {answer.problem}")
    try:
        return task.product(task.answer.model_validate(dict(answer.value)))
    except ValidationError as error:
        faults = error.errors(include_url=False)[:20]
        lines = [f"- {'.'.join(map(str, fault['loc'])) or 'input'}: {fault['msg']}" for fault in faults]
        raise NotAcceptedError(error.error_count(), "\n".join(lines)) from error
