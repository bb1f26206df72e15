"""Which items of two lists are the same thing, although parts of their names may have changed."""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

_HASH = re.compile(r"\b([A-Za-z][A-Za-z0-9]*?)[0-9A-F]{8}\b")  # a word, so that account numbers stay whole


def stable(text: str) -> str:
    """An id or message without the eight hexadecimal digits that CDK appends to the logical ids in it."""
    return _HASH.sub(r"\1", text)


def paired(
    before: Iterable[Item], after: Iterable[Item], *keys: Callable[[Item], Hashable]
) -> Iterator[tuple[Item | None, Item | None]]:
    """Pairs of what is the same by the first key, then of the rest by the next one; at last what is alone.

    Several items with one key pair in their order, so that the pairs are the same when the lists change sides.
    """
    left, right = list(before), list(after)
    for key in keys:
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for index, item in enumerate(right):
            waiting[key(item)].append(index)
        alone: list[Item] = []
        for item in left:
            same = waiting[key(item)]
            if same:
                yield item, right[same.popleft()]
            else:
                alone.append(item)
        unpaired = sorted(index for rest in waiting.values() for index in rest)
        left, right = alone, [right[index] for index in unpaired]
    yield from ((item, None) for item in left)
    yield from ((None, item) for item in right)
