"""Accounts of the caller, and of clients for their advisers."""

from advisor.adapters.rows import by_age
from advisor.domain.entitlement import Act, Content, Owner
from advisor.domain.errors import NotFoundError
from advisor.domain.models import Account
from advisor.handlers.api.answers import AccountList, AccountRecord, PositionList
from advisor.handlers.api.entitlement import require
from advisor.handlers.api.idempotency import KEY, once
from advisor.handlers.api.operations import Call, operation
from advisor.handlers.api.paging import PAGED, page_of, word
from advisor.handlers.api.schemas import AccountChange, AccountCreation


def entitled_account(call: Call, act: Act) -> Account:
    """The path's account; raises NotFoundError, NotPermittedError."""
    owned = call.services.records.account(call.identifier("account_id"))
    if owned is None:
        raise NotFoundError()
    require(call, act, Content.CLIENT, Owner(owned.account.user_id, owned.advisor_id), resource="account")
    return owned.account


@operation("GET", "/api/accounts", answer=AccountList, errors=(422,), parameters=PAGED)
def list_accounts(call: Call) -> AccountList:
    """List the caller's accounts, oldest first."""
    page = page_of(call)
    found = call.services.records.accounts(call.caller.user_id, limit=page.limit + 1, after=page.after)
    shown, following = page.cut(found, by_age)
    return AccountList(accounts=[AccountRecord.model_validate(account) for account in shown], next_cursor=following)


@operation(
    "POST",
    "/api/accounts",
    answer=AccountRecord,
    status=201,
    body=AccountCreation,
    errors=(404, 409, 413, 422),
    parameters=(KEY,),
)
def create_account(call: Call) -> AccountRecord:
    """Open an account for the caller."""
    body: AccountCreation = call.body
    values = body.model_dump()
    call.services.notice(values, "account_name", "account_purpose")
    return once(
        call,
        AccountRecord,
        lambda records: AccountRecord.model_validate(records.open_account(call.caller.user_id, values)),
    )


@operation("PUT", "/api/accounts/{account_id}", answer=AccountRecord, body=AccountChange, errors=(403, 404, 413, 422))
def change_account(call: Call) -> AccountRecord:
    """Change fields of an account."""
    account = entitled_account(call, Act.WRITE)
    body: AccountChange = call.body
    changes = body.changes()
    call.services.notice(changes, "account_name", "account_purpose")
    return AccountRecord.model_validate(call.services.records.change_account(account.id, changes))


@operation("DELETE", "/api/accounts/{account_id}", answer=None, status=204, errors=(403, 404))
def delete_account(call: Call) -> None:
    """Delete an account with its positions."""
    call.services.records.close_account(entitled_account(call, Act.WRITE).id)


@operation("GET", "/api/accounts/{account_id}/positions", answer=PositionList, errors=(403, 404, 422), parameters=PAGED)
def list_positions(call: Call) -> PositionList:
    """List an account's positions with their instruments, by symbol."""
    page = page_of(call, (word,))
    (after,) = page.after or ("",)
    account = entitled_account(call, Act.READ)
    found = call.services.records.positions(account.id, limit=page.limit + 1, after=after)
    shown, following = page.cut(found, lambda position: (position.symbol,))
    return PositionList(positions=shown, next_cursor=following)
