"""Requests against a web ACL, in the order of their times: who decided what, and why."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from itertools import repeat
from math import ceil
from typing import Any, Literal

from alex.edge import managed
from alex.edge.acl import Acl, AclError, Json, Rule
from alex.edge.rates import Windows
from alex.edge.requests import Request
from alex.edge.sent import Sent
from alex.edge.statements import matches


@dataclass(frozen=True)
class Match:
    """One rule that a request met.

    :param rule: of the ACL; ``inner``: the stand-in for a rule of its group, on which the verdict is an approximation.
    """

    rule: str
    blocks: bool
    why: str
    labels: tuple[str, ...]
    inner: str = ""
    status: int = 403


@dataclass
class Outcome:
    """What became of a line's requests.

    :param counting: the ACL refuses nothing: what should be refused must be counted.
    :param skipped: why the line was not judged; empty when it was.
    :param first_blocked: the number of the first refused request, from 1.
    :param counted: the rules that counted it, and their labels; ``decided``: the one that refused.
    """

    request: Request
    counting: bool = False
    total: int = 0
    blocked: int = 0
    first_blocked: int = 0
    skipped: str = ""
    decided: Match | None = None
    counted: dict[str, Match] = field(default_factory=dict)

    @property
    def verdict(self) -> Literal["allow", "block"]:
        """``block`` as soon as one request was refused."""
        return "block" if self.blocked else "allow"

    @property
    def as_expected(self) -> bool:
        """Whether the line's expectation holds; true for a line without one, or that was not judged."""
        if self.skipped or self.request.expect is None:
            return True
        by = self.request.by
        if self.request.expect == "block" and not self.counting:
            return self.decided is not None and by in ("", self.decided.rule)
        return not self.blocked and (not by or by in {match.rule for match in self.counted.values()})

    @property
    def labels(self) -> list[str]:
        """The labels of all rules that it met."""
        met = [*self.counted.values(), *([self.decided] if self.decided else [])]
        return sorted({label for match in met for label in match.labels})

    def add(self, met: Iterable[Match]) -> None:
        """One more request, with the rules that it met."""
        self.total += 1
        for match in met:
            if match.blocks:
                self.blocked += 1
                self.first_blocked = self.first_blocked or self.total
                self.decided = self.decided or match
            else:
                self.counted.setdefault(match.inner or match.rule, match)


def replay(acl: Acl, requests: Iterable[Request]) -> list[Outcome]:
    """The outcomes of ``requests``, in their order.

    :raises AclError: the ACL holds what is not known here.
    """
    judge = _Judge(acl)
    counting = all(rule.action == "count" for rule in acl.rules)
    outcomes = [Outcome(request, counting) for request in requests]
    timed = [zip(judge.times(outcome), repeat(index)) for index, outcome in enumerate(outcomes)]
    for at, index in heapq.merge(*timed):
        outcomes[index].add(judge.met(outcomes[index].request, at))
    return outcomes


class _Judge:
    """One ACL with its memory of rates."""

    def __init__(self, acl: Acl) -> None:
        self._acl = acl
        self._windows = Windows()
        self._sent: dict[str, Sent] = {}
        # Groups are judged once a line: a flood is the same request, over and over.
        self._known: dict[tuple[str, str], list[Match]] = {}

    def times(self, outcome: Outcome) -> Iterator[float]:
        """When the requests of a line are sent; none when the ACL has not what the line is about."""
        request = outcome.request
        ip = self._address(request)
        if ip is None:
            outcome.skipped = "the ACL has no trusted networks of that kind"
        elif request.by and self._acl.rule(request.by) is None:
            outcome.skipped = f"the ACL has no rule {request.by}"
        if outcome.skipped or ip is None:
            return iter(())
        sent = self._sent[request.id] = Sent(request, ip, self._acl.inspected_bytes)
        times, within = request.times, request.within
        if request.of_limit is not None:
            limit, seconds = self._limit(sent)
            times, within = ceil(limit * request.of_limit), seconds * 0.9
        return (request.at + number * within / times for number in range(times))

    def _address(self, request: Request) -> IPv4Address | IPv6Address | None:
        if not isinstance(request.ip, str):
            return request.ip
        version = 6 if request.ip.endswith("6") else 4
        networks = (network for networks in self._acl.sets.values() for network in networks)
        return next((network[0] for network in networks if network.version == version), None)

    def _limit(self, sent: Sent) -> tuple[int, int]:
        """Requests and seconds of the rate rule that is about this sender."""
        for rule in self._acl.rules:
            rate = rule.statement.get("RateBasedStatement")
            if rate and self._concerns(rate, sent):
                return int(rate["Limit"]), int(rate.get("EvaluationWindowSec", 300))
        raise AclError(f"{self._acl.name}: no rate rule is about {sent.ip}, so it has no limit")

    def _concerns(self, rate: Json, sent: Sent) -> bool:
        only: Mapping[str, Any] | None = rate.get("ScopeDownStatement")
        return only is None or matches(self._acl, only, sent)

    def met(self, request: Request, at: float) -> Iterator[Match]:
        """The rules that one request meets, up to the one that refuses it."""
        sent = self._sent[request.id]
        sent.labels.clear()
        for rule in self._acl.rules:
            found = self._judged(rule, sent, at)
            for match in found:
                sent.labels.update(match.labels)
                yield match
                if match.blocks:
                    return
            if found and rule.action == "allow":
                return

    def _judged(self, rule: Rule, sent: Sent, at: float) -> list[Match]:
        if "RateBasedStatement" in rule.statement:
            return self._rate(rule, sent, at)
        if group := rule.statement.get("ManagedRuleGroupStatement"):
            if "ScopeDownStatement" in group and not matches(self._acl, group["ScopeDownStatement"], sent):
                return []
            key = (sent.request.id, rule.name)
            if key not in self._known:
                self._known[key] = list(self._group(rule, group, sent))
            return self._known[key]
        return [self._own(rule, _why(sent, rule))] if matches(self._acl, rule.statement, sent) else []

    def _rate(self, rule: Rule, sent: Sent, at: float) -> list[Match]:
        rate = rule.statement["RateBasedStatement"]
        if rate["AggregateKeyType"] != "IP":
            raise AclError(f"{self._acl.name}, rule {rule.name}: requests are counted by something else than addresses")
        limit, seconds = int(rate["Limit"]), int(rate.get("EvaluationWindowSec", 300))
        if not self._concerns(rate, sent):
            return []
        if not self._windows.exceeded(rule.name, sent.ip, at=at, limit=limit, seconds=seconds):
            return []
        return [self._own(rule, f"more than {limit:,} requests in {seconds} s from {sent.ip}")]

    def _own(self, rule: Rule, why: str) -> Match:
        return Match(rule.name, rule.action == "block", why, rule.labels, status=rule.status)

    def _group(self, rule: Rule, group: Json, sent: Sent) -> Iterator[Match]:
        stands = managed.rules_of(group["Name"])
        if group["VendorName"] != "AWS" or not stands:
            raise AclError(f"{self._acl.name}: the group {group['Name']} has no stand-in here")
        changed = {one["Name"]: next(iter(one["ActionToUse"])) for one in group.get("RuleActionOverrides", ())}
        for stand in stands:
            if not (why := stand.test(sent)):
                continue
            action = changed.get(stand.name, stand.action).lower()
            blocks = action == "block" and rule.action == "block"
            yield Match(rule.name, blocks, why, (stand.label,), inner=stand.name)
            if action == "block":
                return  # the group has decided, even when the ACL only counts what it decides


def _why(sent: Sent, rule: Rule) -> str:
    if "RegexMatchStatement" in rule.statement:
        where = rule.statement["RegexMatchStatement"]["FieldToMatch"]
        name = where.get("SingleHeader", {}).get("Name", "field")
        return f"{name} {(sent.text(where) or '')[:40]}"
    if "SizeConstraintStatement" in rule.statement:
        return f"body of {len(sent.body):,} bytes, of which {min(len(sent.body), sent.inspected_bytes):,} are read"
    return "matches"
