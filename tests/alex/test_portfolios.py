"""The gallery of investors: each is what its name says, and loads through the API as the demo's does."""

from decimal import Decimal
from typing import Any

import pytest
from typer.testing import CliRunner

from alex import cli
from alex.client import Api
from alex.errors import CommandError, Exit
from alex.portfolio import load
from alex.portfolios import FIVE_MILLION, GALLERY, SIXTY, UNPRICED, named
from tests.alex.test_demo_portfolio import RECORDED, Server, api, server

__all__ = ["api", "server"]


def test_each_is_what_its_name_says() -> None:
    """AGENT-07: a gallery whose `sixty` has 59 positions would prove something about 59."""
    assert SIXTY.positions == 60
    assert len(SIXTY.accounts) == 4
    assert GALLERY["one-stock"].positions == 1
    assert GALLERY["all-cash"].positions == 0
    assert sum(account.cash for account in GALLERY["all-cash"].accounts) == Decimal("250000.25")
    assert GALLERY["new"].accounts == ()
    assert GALLERY["retired"].profile["years_until_retirement"] == 0
    assert FIVE_MILLION.profile["asset_class_targets"]["cash"] == 50


def test_prices_exist_for_all_but_the_two_that_must_lack_one() -> None:
    """INT-04: a symbol without a recorded price would be missing by accident, and its test pass for a wrong reason."""
    held = {symbol for one in GALLERY.values() for account in one.accounts for symbol in account.positions}
    assert held - RECORDED == set(UNPRICED)


def test_users_are_different_people() -> None:
    """AUTH-04: two portfolios loaded for one user would mix."""
    assert len({one.user for one in GALLERY.values()}) == len(GALLERY)


@pytest.mark.parametrize("name", GALLERY)
def test_each_loads_and_loads_again(name: str, request: pytest.FixtureRequest) -> None:
    """AGENT-05: the demo may be started twice with any of them."""
    there: Server = request.getfixturevalue("server")
    session: Api = request.getfixturevalue("api")
    load(session, GALLERY[name])
    assert len(there.positions) == GALLERY[name].positions
    writes = there.writes
    load(session, GALLERY[name])
    assert there.writes == writes


def test_an_unknown_portfolio_is_refused_with_the_known_ones() -> None:
    """A typing error must not start a cloud first."""
    answer: Any = CliRunner().invoke(cli.app, ["demo", "--portfolio", "sixtyy"])
    assert isinstance(answer.exception, CommandError)
    assert answer.exception.code is Exit.BAD_INPUT
    assert all(one in answer.exception.remedy for one in GALLERY)
    with pytest.raises(CommandError):
        named("")
