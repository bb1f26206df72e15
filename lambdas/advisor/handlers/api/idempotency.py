"""The Idempotency-Key header: a client that repeats a request after a lost answer gets that answer (domain 5.3)."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from pydantic import BaseModel

from advisor.adapters.records import Records
from advisor.domain.audit import digest
from advisor.domain.errors import Detail, InvalidInputError
from advisor.handlers.api.envelope import body_of
from advisor.handlers.api.operations import Call, Parameter

KEY = Parameter(
    "Idempotency-Key", "header", {"type": "string", "maxLength": 255}, "The same key and body never act twice"
)

Answer = TypeVar("Answer", bound=BaseModel)


def idempotency_key(call: Call) -> str | None:
    """The header's value; raises InvalidInputError."""
    key = call.headers.get("idempotency-key", "").strip()
    if key and not re.fullmatch(r"[\x21-\x7e]{1,255}", key):
        raise InvalidInputError([Detail("Idempotency-Key", "Use 1 to 255 visible ASCII characters without spaces")])
    return key or None


def once(call: Call, model: type[Answer], perform: Callable[[Records], Answer]) -> Answer:
    """What ``perform`` answers, or what it answered to the same key before; raises ConflictError for another body."""
    key = idempotency_key(call)
    if key is None:
        return perform(call.services.records)
    text = call.services.kept_answers.once(
        user_id=call.caller.user_id,
        key=key,
        request_hash=digest({"answer": model.__name__, "body": call.body}),
        perform=lambda records: body_of(perform(records)),
    )
    return model.model_validate(json.loads(text, parse_float=Decimal))
