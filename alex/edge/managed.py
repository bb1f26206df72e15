"""Stand-ins for AWS's managed groups: few patterns, under the names and labels that AWS documents.

AWS publishes what its rules are for and not how they decide. So a verdict from here is an APPROXIMATION: it shows that
the group stands where it should, counts or blocks as the template says, and that plain requests of the API's clients do
not look like attacks. How many attacks or clients AWS's own rules catch, only an account with traffic tells.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network
from typing import Any, Literal
from urllib.parse import unquote, unquote_plus

from alex.edge.sent import TRANSFORMATIONS, Sent

CRS, BAD, SQLI = "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesSQLiRuleSet"
ADDRESSES, BOTS = "AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesBotControlRuleSet"
LABELS = {
    CRS: "awswaf:managed:aws:core-rule-set",
    BAD: "awswaf:managed:aws:known-bad-inputs",
    SQLI: "awswaf:managed:aws:sql-database",
    ADDRESSES: "awswaf:managed:aws:amazon-ip-list",
    BOTS: "awswaf:managed:aws:bot-control",
}
"""The groups that are known here, with the namespace of their labels."""

ARGUMENTS, BODY, COOKIE, PATH = "QUERYARGUMENTS", "BODY", "COOKIE", "URIPATH"
Test = Callable[[Sent], str]
"""What of a request a rule objects to, in a few words; empty: nothing."""


@dataclass(frozen=True)
class Stand:
    """One rule of a group, as it is approximated here."""

    group: str
    name: str
    test: Test
    action: Literal["block", "count"] = "block"
    said: str = ""

    @property
    def label(self) -> str:
        """The label as AWS writes it: ``SQLi_BODY`` labels ``SQLi_Body``."""
        base, _, field = self.name.rpartition("_")
        short = {"QUERYARGUMENTS": "QueryArguments", "URIPATH": "URIPath"}.get(field, field.title())
        return f"{LABELS[self.group]}:{self.said or (f'{base}_{short}' if base else self.name)}"


def _normal(text: str, *, form: bool) -> str:
    """Decoded twice, as attackers encode, lower case, without comments inside words, one space between words."""
    decode = unquote_plus if form else unquote
    text = TRANSFORMATIONS["HTML_ENTITY_DECODE"](decode(decode(text))).lower()
    return TRANSFORMATIONS["COMPRESS_WHITE_SPACE"](re.sub(r"/\*.*?\*/", " ", text))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, str):
        yield value


@lru_cache(maxsize=256)
def _body(text: str) -> tuple[str, ...]:
    """The texts of a JSON body, or the whole body when it is none or is cut."""
    try:
        return tuple(_normal(one, form=False) for one in _strings(json.loads(text)))
    except ValueError:
        return (_normal(text, form=True),)


def _texts(sent: Sent, field: str) -> tuple[str, ...]:
    if field == BODY:
        return _body(sent.read) if sent.request.body else ()
    if field == ARGUMENTS:
        return tuple(_normal(part.partition("=")[2] or part, form=True) for part in sent.request.query.split("&"))
    if field == COOKIE:
        return (_normal(sent.headers.get("cookie", ""), form=False),)
    return (_normal(sent.request.path, form=False),)


def _looks(field: str, expressions: tuple[str, ...]) -> Test:
    whole = re.compile("|".join(f"(?:{one})" for one in expressions))

    def test(sent: Sent) -> str:
        found = next((m for text in _texts(sent, field) if (m := whole.search(text))), None)
        return f"“{found[0].strip()[:40]}”" if found else ""

    return test


def _in(group: str, base: str, expressions: tuple[str, ...], *fields: str) -> list[Stand]:
    return [Stand(group, f"{base}_{field}", _looks(field, expressions)) for field in fields]


def _agent(expression: str) -> Test:
    wanted = re.compile(expression)

    def test(sent: Sent) -> str:
        found = wanted.search(sent.headers.get("user-agent", "").lower())
        return f"user-agent “{found[0]}”" if found else ""

    return test


def _over(size: Callable[[Sent], int], most: int) -> Test:
    return lambda sent: f"{size(sent):,} bytes" if size(sent) > most else ""


def _from(network: str) -> Test:
    block = ip_network(network)
    return lambda sent: f"{sent.ip} is in {network}, which stands for the list" if sent.ip in block else ""


_SQL = (
    r"['\"`)]\s*(?:or|and|\|\||&&)\s*(?:not\s+)?[('\"`\s]*[\w.]+['\"`)\s]*(?:=|<|>|\blike\b|\bis\b|\bin\b)",
    r"(?:^|[\d'\")])\s*(?:or|and)\s+\(?\d+\s*(?:=|<|>)\s*\d+",
    r"\bunion\s+(?:all\s+|distinct\s+)?select\s+(?:null|@@|\d|char\(|concat|[\w*,.\s]{1,60}\sfrom\s)",
    r";\s*(?:(?:drop|alter|truncate|create)\s+(?:table|database|user|schema|index)|delete\s+from|insert\s+into|"
    r"update\s+\w+\s+set|exec(?:ute)?\s|shutdown\b|declare\s+@|select\s.{1,60}\sfrom\s)",
    r"\b(?:pg_sleep|sleep|benchmark|extractvalue|updatexml|load_file|xp_cmdshell)\s*\(|\bwaitfor\s+delay\s",
    r"['\")]\s*(?:--|#)\s*$|['\")]\s*--\s",
    r"\b(?:information_schema\.|sysobjects\b|pg_catalog\.|sqlite_master\b|pg_shadow\b)",
    r"['\")]\s*(?:order|group)\s+by\s+\d+",
    r"['\"\d)]\s+and\s+\(?(?:select|ascii|substring|substr|exists)\b\s*\(",
)
_SCRIPT = (
    r"<\s*/?script\b",
    r"<[a-z!/][^>]{0,200}\son[a-z]{3,20}\s*=",
    r"<\s*(?:iframe|object|embed|svg|math|base|meta)\b",
    r"(?:^|[\s\"'=(])(?:java|vb)script\s*:",
    r"data:text/html",
)
_INCLUDED = (r"(?:\.\.[/\\]){2,}", r"/etc/(?:passwd|shadow)\b", r"/proc/self/", r"\bboot\.ini\b")
_REMOTE = (r"(?:https?|ftps?|file)://\d{1,3}(?:\.\d{1,3}){3}",)
_METADATA = (r"169\.254\.169\.254", r"\[?fd00:ec2::254\]?")
_LOG4J = (r"\$\{\s*(?:jndi\s*:|(?:lower|upper|env|sys|date)\s*:|::-)",)
_JAVA = (r"\brO0AB[\w+/=]{8}".lower(), r"\baced0005\b", r"java\.lang\.(?:runtime|processbuilder)\b")
_LIBRARIES = r"python-requests|python-urllib|aiohttp|httpx|curl/|wget/|axios|okhttp|go-http-client|java/|libwww-perl"

STANDS: tuple[Stand, ...] = (
    Stand(ADDRESSES, "AWSManagedIPReputationList", _from("192.0.2.0/25")),
    Stand(ADDRESSES, "AWSManagedReconnaissanceList", _from("192.0.2.128/26")),
    Stand(ADDRESSES, "AWSManagedIPDDoSList", _from("192.0.2.192/26"), action="count"),
    Stand(CRS, "NoUserAgent_HEADER", lambda sent: "" if sent.headers.get("user-agent") else "no user-agent"),
    Stand(
        CRS,
        "UserAgent_BadBots_HEADER",
        _agent(r"nessus|nmap|nikto|sqlmap|masscan|zgrab|acunetix|dirbuster|gobuster|wpscan"),
        said="BadBots_Header",
    ),
    Stand(CRS, "SizeRestrictions_QUERYSTRING", _over(lambda s: len(s.request.query), 2048)),
    Stand(CRS, "SizeRestrictions_Cookie_HEADER", _over(lambda s: len(s.headers.get("cookie", "")), 10_240)),
    Stand(CRS, "SizeRestrictions_BODY", _over(lambda s: len(s.body), 8_192)),
    Stand(CRS, "SizeRestrictions_URIPATH", _over(lambda s: len(s.request.path), 1_024)),
    *_in(CRS, "EC2MetaDataSSRF", _METADATA, BODY, COOKIE, PATH, ARGUMENTS),
    *_in(CRS, "GenericLFI", _INCLUDED, ARGUMENTS, PATH, BODY),
    *_in(CRS, "RestrictedExtensions", (r"\.(?:log|ini|bak|sql|conf|config|env|pem|dll|exe)$",), PATH, ARGUMENTS),
    *_in(CRS, "GenericRFI", _REMOTE, ARGUMENTS, BODY, PATH),
    *_in(CRS, "CrossSiteScripting", _SCRIPT, COOKIE, ARGUMENTS, BODY, PATH),
    *_in(BAD, "JavaDeserializationRCE", _JAVA, BODY, PATH, ARGUMENTS),
    Stand(
        BAD,
        "Host_localhost_HEADER",
        lambda sent: "host localhost" if sent.headers["host"].startswith("localhost") else "",
    ),
    Stand(BAD, "PROPFIND_METHOD", lambda sent: "PROPFIND" if sent.request.method == "PROPFIND" else ""),
    *_in(BAD, "ExploitablePaths", (r"/web-inf/", r"/\.git/", r"/wp-(?:admin|login)", r"/phpmyadmin", r"/\.env$"), PATH),
    *_in(BAD, "Log4JRCE", _LOG4J, ARGUMENTS, BODY, PATH),
    Stand(
        BAD,
        "Log4JRCE_HEADER",
        lambda sent: next((f"header {n}" for n, v in sent.headers.items() if re.search(_LOG4J[0], v.lower())), ""),
    ),
    *_in(SQLI, "SQLi", _SQL, ARGUMENTS, BODY, COOKIE, PATH),
    Stand(BOTS, "CategoryHttpLibrary", _agent(_LIBRARIES), said="bot:category:http_library"),
    Stand(BOTS, "CategoryScrapingFramework", _agent(r"scrapy|colly"), said="bot:category:scraping_framework"),
    Stand(BOTS, "CategorySeo", _agent(r"ahrefsbot|semrushbot|mj12bot|dotbot"), said="bot:category:seo"),
    Stand(BOTS, "CategoryAI", _agent(r"gptbot|claudebot|ccbot|bytespider"), said="bot:category:ai"),
    Stand(
        BOTS, "SignalAutomatedBrowser", _agent(r"headlesschrome|phantomjs|selenium"), said="signal:automated_browser"
    ),
    Stand(
        BOTS,
        "SignalNonBrowserUserAgent",
        lambda sent: "" if sent.headers.get("user-agent", "").startswith("Mozilla/") else "no browser's user-agent",
        said="signal:non_browser_user_agent",
    ),
)
"""The groups' rules in the order in which they are looked at."""


def rules_of(group: str) -> tuple[Stand, ...]:
    """The rules that stand in for a group; none when it is not known here."""
    return tuple(rule for rule in STANDS if rule.group == group)
