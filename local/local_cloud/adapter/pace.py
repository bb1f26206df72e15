"""Decision: a question about a stack that is changing is answered when the change ends, or after four seconds.

The CDK command line asks every five seconds. The local cloud needs less than one for most stacks, so the answer
is held back instead: nothing is answered that AWS would not answer, only later.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from ministack.services import cloudformation

_HOLD_SECONDS, _STEP_SECONDS = 4.0, 0.02
_CHANGING = re.compile(rb"<StackStatus>(?!REVIEW_)[A-Z_]*_IN_PROGRESS</StackStatus>")


def install() -> None:
    """Hold DescribeStacks back while a stack that it is about is changing."""
    original = cloudformation.handle_request

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        answer = await original(method, path, headers, body, query_params)
        if b"Action=DescribeStacks&" not in (body or b"") + b"&":
            return answer
        deadline = time.monotonic() + _HOLD_SECONDS
        while _CHANGING.search(_content(answer)) and time.monotonic() < deadline:
            await asyncio.sleep(_STEP_SECONDS)
            answer = await original(method, path, headers, body, query_params)
        return answer

    cloudformation.handle_request = handle_request


def _content(answer: Any) -> bytes:
    content = answer[2]
    return content.encode() if isinstance(content, str) else bytes(content)
