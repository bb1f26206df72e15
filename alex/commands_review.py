"""Commands for the people who approve advice, against the local cloud."""

from typing import Annotated

import typer

from alex import console, local, reviews
from alex.commands_deploy import Json

review = typer.Typer(no_args_is_help=True, help="List, approve and reject what waits for a senior adviser.")
User = Annotated[str, typer.Option("--user", help="Who decides: a senior adviser, never the client's own.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="A review's id, from `alex review list`.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(review, name="review")


@review.command("list")
def list_command(
    user: User = reviews.SENIOR,
    state: Annotated[
        str, typer.Option("--state", help="requested, approved, rejected, expired, withdrawn or all.")
    ] = "requested",
    as_json: Json = False,
) -> None:
    """What waits for a decision, the oldest first."""
    with reviews.signed_in(local.cloud(prepared=False), user) as api:
        found = reviews.listed(api, state=state)
    if as_json:
        console.emit(found)
    elif found:
        console.out().print(reviews.table(found))
    else:
        console.out().print("Nothing waits." if state == "requested" else f"No review is {state}.")


@review.command("approve")
def approve_command(
    review_id: Id,
    comment: Annotated[str, typer.Option("--comment", help="For the record.")] = "",
    user: User = reviews.SENIOR,
    as_json: Json = False,
) -> None:
    """Approve; the advice is released when every review of its analysis is approved."""
    _decide(review_id, "approve", comment, user, as_json=as_json)


@review.command("reject")
def reject_command(
    review_id: Id,
    comment: Annotated[str, typer.Option("--comment", help="Why; the client reads it.")],
    user: User = reviews.SENIOR,
    as_json: Json = False,
) -> None:
    """Reject; the analysis ends, and its client is told why."""
    _decide(review_id, "reject", comment, user, as_json=as_json)


def _decide(review_id: str, decision: str, comment: str, user: str, *, as_json: bool) -> None:
    with reviews.signed_in(local.cloud(prepared=False), user) as api:
        decided = reviews.decide(api, review_id, decision, comment)
    if as_json:
        console.emit(decided)
    else:
        console.out().print(f"{decided['state']}: {decided['id']}, analysis {decided['job_id']}", highlight=False)
