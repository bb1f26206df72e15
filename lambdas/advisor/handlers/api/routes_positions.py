"""Positions, and the instruments to choose from.

Instruments have no pages: the gateway keeps the answer by its path alone, so a second page would be the first one
again, and who chooses an instrument needs all of them.
"""

from advisor.adapters.records import OwnedPosition
from advisor.domain.entitlement import Act, Content, Owner
from advisor.domain.errors import NotFoundError
from advisor.domain.models import Position
from advisor.handlers.api.answers import InstrumentList, ListedInstrument
from advisor.handlers.api.entitlement import require
from advisor.handlers.api.idempotency import KEY, once
from advisor.handlers.api.operations import Call, operation
from advisor.handlers.api.schemas import PositionChange, PositionCreation


def entitled_position(call: Call, act: Act) -> OwnedPosition:
    """The path's position; raises NotFoundError, NotPermittedError."""
    owned = call.services.records.position(call.identifier("position_id"))
    if owned is None:
        raise NotFoundError()
    require(call, act, Content.CLIENT, Owner(owned.owner_id, owned.advisor_id), resource="position")
    return owned


@operation(
    "POST",
    "/api/positions",
    answer=Position,
    status=201,
    body=PositionCreation,
    errors=(403, 404, 409, 413, 422),
    parameters=(KEY,),
)
def create_position(call: Call) -> Position:
    """Set what an account holds of a symbol; a symbol nobody knew becomes an unpriced, unclassified instrument."""
    body: PositionCreation = call.body
    owned = call.services.records.account(body.account_id)
    if owned is None:
        raise NotFoundError()
    require(call, Act.WRITE, Content.CLIENT, Owner(owned.account.user_id, owned.advisor_id), resource="account")
    return once(call, Position, lambda records: records.hold(body.account_id, body.symbol, body.quantity))


@operation("PUT", "/api/positions/{position_id}", answer=Position, body=PositionChange, errors=(403, 404, 413, 422))
def change_position(call: Call) -> Position:
    """Change a position's quantity."""
    owned = entitled_position(call, Act.WRITE)
    body: PositionChange = call.body
    changed = call.services.records.change_quantity(owned.position.id, body.quantity)
    if changed is None:
        raise NotFoundError()
    return owned.position.model_copy(update={"quantity": body.quantity, "as_of_date": changed})


@operation("DELETE", "/api/positions/{position_id}", answer=None, status=204, errors=(403, 404))
def delete_position(call: Call) -> None:
    """Delete a position."""
    call.services.records.sell_out(entitled_position(call, Act.WRITE).position.id)


@operation("GET", "/api/instruments", answer=InstrumentList, cache_control="private, max-age=300")
def list_instruments(call: Call) -> InstrumentList:
    """List all instruments by symbol, whole: the same for every caller, so it may be kept for 300 seconds (API-05)."""
    found = call.services.records.instruments()
    return InstrumentList([ListedInstrument.model_validate(item, from_attributes=True) for item in found])
