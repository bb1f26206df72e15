"""What leads to a runbook: alarms, messages of event rules and panels of dashboards, read from templates (OBS-17).

Each names its page in words (``Runbook: docs/runbooks/<slug>.md``), so nothing is known here that does not reach the
person who reads it. Alarms are read and said as for their simulation (`alex.alarms`).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alex.alarms import AlarmError, reading, words
from alex.alarms.composite import parse
from alex.alarms.definition import Alarm, CompositeAlarm, MetricAlarm
from alex.alarms.templates import Templates

NAMED = re.compile(r"\s*Runbook: \S*?([a-z0-9-]+)\.md\s*")
PANEL = re.compile(r"\[([^\[\]]+)\]\([^()\s]*?([a-z0-9-]+)\.md\)")
CRITICAL = re.compile(r"critical|alerts")
AT_ONCE = "at once"


@dataclass(frozen=True, kw_only=True)
class Told:
    """Something that tells a person, and where it sends them.

    :param name: the alarm's, or the events by which a message is caused.
    :param says: what happened, as the message says it.
    :param when: threshold and how long; ``at once`` for a message.
    :param tells: topics by name, and the composite alarms that tell of it.
    :param critical: it wakes somebody, itself or through a composite alarm.
    """

    slug: str
    name: str
    says: str
    watches: str
    when: str
    tells: tuple[str, ...]
    critical: bool
    requirements: tuple[str, ...] = ()

    @property
    def is_message(self) -> bool:
        """Whether no alarm tells of it, but an event rule."""
        return self.when == AT_ONCE


@dataclass(frozen=True)
class Sources:
    """All that leads to runbooks; ``panels`` are titles by slug."""

    told: tuple[Told, ...]
    panels: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def slugs(self) -> set[str]:
        """Pages that must be there."""
        return {one.slug for one in self.told} | set(self.panels)


def of_folder(folder: Path) -> Sources:
    """What stands in the templates of the cloud assembly in ``folder``.

    :raises ValueError: no template is there, or an alarm that cannot be read.
    """
    files = {path.name.partition(".")[0]: path for path in sorted(folder.rglob("*.template.json"))}
    if not files:
        raise ValueError(f"{folder} holds no template: synthesise it first")
    return read(Templates({name: json.loads(path.read_text("utf-8")) for name, path in files.items()}))


def read(templates: Templates) -> Sources:
    """What stands in ``templates``.

    :raises ValueError: an alarm that cannot be read.
    """
    try:
        alarms = reading.read(templates)
    except AlarmError as error:
        raise ValueError(str(error)) from None
    told = [*_alarms(alarms), *_messages(templates)]
    panels: dict[str, set[str]] = {}
    for stack, _, dashboard in templates.of_type("AWS::CloudWatch::Dashboard"):
        for title, slug in PANEL.findall(templates.text(stack, dashboard["DashboardBody"])):
            panels.setdefault(slug, set()).add(title)
    return Sources(
        tuple(sorted(told, key=lambda one: (one.slug, one.is_message, one.name))),
        {slug: sorted(titles) for slug, titles in sorted(panels.items())},
    )


def _alarms(alarms: Sequence[Alarm]) -> Iterator[Told]:
    composites = [one for one in alarms if isinstance(one, CompositeAlarm)]
    names = {one.key: one.name for one in alarms}
    for alarm in alarms:
        if named := NAMED.search(alarm.description):
            through = [one for one in composites if alarm.key in parse(one.rule).alarms()]
            topics = [topic.rpartition(": ")[2] for one in (alarm, *through) for topic in one.topics]
            own = topics[: len(alarm.topics)]
            members = parse(alarm.rule).alarms() if isinstance(alarm, CompositeAlarm) else ()
            yield Told(
                slug=named[1],
                name=alarm.name,
                says=alarm.description[: named.start()],
                watches=", ".join(sorted(f"`{names[key]}`" for key in members)) or words.watches(alarm),
                when="by its rule" if members else words.fires_when(alarm, names) + _silence(alarm),
                tells=(*own, *(f"through `{one.name}`" for one in through)),
                critical=any(CRITICAL.search(topic) for topic in topics),
                requirements=tuple(words.requirements(alarm)),
            )


def _silence(alarm: Alarm) -> str:
    return ", or no data" if isinstance(alarm, MetricAlarm) and alarm.missing == "breaching" else ""


def _messages(templates: Templates) -> Iterator[Told]:
    titles = templates.titles()
    for stack, _, rule in templates.of_type("AWS::Events::Rule"):
        for target in rule.get("Targets", ()):
            said = templates.text(stack, target.get("InputTransformer", {}).get("InputTemplate", ""))
            if named := NAMED.search(said):
                topic = templates.text(stack, target["Arn"])
                pattern = rule["EventPattern"]
                kinds = ", ".join(pattern.get("detail-type", ("any event",)))
                found = re.search(r"\[([A-Z0-9-]+(?:, [A-Z0-9-]+)*)\]", said[named.end() - 1 :])
                title = titles.get(topic, topic).rpartition(": ")[2]
                yield Told(
                    slug=named[1],
                    name=templates.text(stack, rule["Name"]) if "Name" in rule else f"event: {kinds}",
                    # In a message <x> stands for what the event says; in Markdown it would be a tag.
                    says=re.sub(r"<[\w-]+>", "…", said[: named.start()].splitlines()[0].strip('"')),
                    watches=", ".join(pattern.get("source", ("any service",))),
                    when=AT_ONCE,
                    tells=(title,),
                    critical=bool(CRITICAL.search(title)),
                    requirements=tuple(found[1].split(", ")) if found else (),
                )
