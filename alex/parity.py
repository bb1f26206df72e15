"""What the local cloud does with each deployed resource, in a table: enforced, emulated, or only recorded."""

from rich.console import Console
from rich.table import Table

from alex import local
from local_cloud.cloud import LocalCloud


def counts(cloud: LocalCloud) -> dict[str, int]:
    """Deployed resources by level."""
    found = {"enforced": 0, "emulated": 0, "recorded": 0}
    with local.guarded():
        for entry in cloud.parity():
            found[entry.level] += 1
    return found


def show(screen: Console, cloud: LocalCloud) -> None:
    """A row for each type of resource: how many, what the local cloud does with them."""
    with local.guarded():
        entries = cloud.parity()
    groups: dict[tuple[str, str, str], int] = {}
    for entry in entries:
        key = (entry.level, entry.resource_type, entry.note)
        groups[key] = groups.get(key, 0) + 1
    styles = {"enforced": "green", "emulated": "yellow", "recorded": "red"}
    order = list(styles)
    table = Table(
        box=None,
        padding=(0, 2, 0, 0),
        header_style="bold",
        title="What the local cloud does with each resource",
        title_justify="left",
    )
    for name in ("Level", "Type", "Count", "Note"):
        table.add_column(name, no_wrap=name != "Note", justify="right" if name == "Count" else "left")
    for (level, kind, note), count in sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
        said = "recorded only" if level == "recorded" else level
        table.add_row(f"[{styles[level]}]{said}[/{styles[level]}]", kind.removeprefix("AWS::"), str(count), note)
    screen.print(table)
    totals = counts(cloud)
    screen.print(
        f"{len(entries)} resources: {totals['enforced']} enforced, {totals['emulated']} emulated, "
        f"{totals['recorded']} recorded only. A green local run says nothing about what is only recorded.",
        highlight=False,
        style="dim",
    )
