"""How many requests an address sent lately: the memory of rate-based rules.

Exact here: the request that exceeds the limit within the window is the first that is refused. WAF estimates, and is up
to some ten seconds late in both directions; `replay` says so with each verdict that rests on this.
"""

from collections import defaultdict, deque
from ipaddress import IPv4Address, IPv6Address


class Windows:
    """Times of the requests that a rule has seen, by rule and address."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, IPv4Address | IPv6Address], deque[float]] = defaultdict(deque)

    def exceeded(self, rule: str, ip: IPv4Address | IPv6Address, *, at: float, limit: int, seconds: int) -> bool:
        """Count a request at ``at`` (seconds, never earlier than the one before); whether it is one too many.

        Refused requests count too, as in WAF: an address is let in again when it sends less.
        """
        seen = self._seen[rule, ip]
        while seen and seen[0] <= at - seconds:
            seen.popleft()
        seen.append(at)
        return len(seen) > limit
