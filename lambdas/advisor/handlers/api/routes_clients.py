"""Clients: who advises whom, and what an adviser sees and starts for a client (AUTH-04).

Decisions: the client alone says who the adviser is, and takes it back the same way; it counts from the next request,
because every record is read together with its owner's adviser; a list shows no goals and no figures.
"""

from advisor.adapters.rows import by_age
from advisor.domain.entitlement import NOBODY, Act, Content, Owner, entitled
from advisor.domain.errors import Detail, InvalidInputError, NotFoundError
from advisor.domain.models import User
from advisor.domain.pseudonyms import user_hash
from advisor.handlers.api.answers import AccountList, AccountRecord, AnalysisAccepted, JobList
from advisor.handlers.api.answers_clients import ClientHeader, ClientList
from advisor.handlers.api.entitlement import require
from advisor.handlers.api.idempotency import KEY
from advisor.handlers.api.operations import Call, operation
from advisor.handlers.api.paging import PAGED, page_of, word
from advisor.handlers.api.routes_jobs import page_of_jobs, start_analysis
from advisor.handlers.api.schemas import AdviserChoice, AnalysisRequest


def entitled_client(call: Call, act: Act) -> User:
    """The path's client; raises NotFoundError, NotPermittedError."""
    client = call.services.clients.get(call.person("client_id"))
    if client is None:
        raise NotFoundError()
    require(call, act, Content.CLIENT, Owner(client.user_id, client.advisor_id), resource="client")
    return client


@operation("GET", "/api/clients", answer=ClientList, errors=(422,), parameters=PAGED)
def list_clients(call: Call) -> ClientList:
    """List the caller's clients by id; for compliance, everybody."""
    page = page_of(call, (word,))
    (after,) = page.after or ("",)
    clients, limit = call.services.clients, page.limit + 1
    if entitled(call.caller, Act.READ, Content.CLIENT, NOBODY):
        found = clients.all(limit=limit, after=after)
    else:
        found = clients.of(call.caller.user_id, limit=limit, after=after)
    shown, following = page.cut(found, lambda client: (client.user_id,))
    return ClientList(clients=[ClientHeader.model_validate(client) for client in shown], next_cursor=following)


@operation("GET", "/api/clients/{client_id}", answer=User, errors=(403, 404))
def get_client(call: Call) -> User:
    """Read a client's profile."""
    return entitled_client(call, Act.READ)


@operation("GET", "/api/clients/{client_id}/accounts", answer=AccountList, errors=(403, 404, 422), parameters=PAGED)
def list_client_accounts(call: Call) -> AccountList:
    """List a client's accounts, oldest first."""
    page = page_of(call)
    client = entitled_client(call, Act.READ)
    found = call.services.records.accounts(client.user_id, limit=page.limit + 1, after=page.after)
    shown, following = page.cut(found, by_age)
    return AccountList(accounts=[AccountRecord.model_validate(account) for account in shown], next_cursor=following)


@operation("GET", "/api/clients/{client_id}/jobs", answer=JobList, errors=(403, 404, 422), parameters=PAGED)
def list_client_jobs(call: Call) -> JobList:
    """List a client's analyses without their results, newest first."""
    return page_of_jobs(call, entitled_client(call, Act.READ).user_id)


@operation(
    "POST",
    "/api/clients/{client_id}/analyze",
    answer=AnalysisAccepted,
    status=202,
    body=AnalysisRequest,
    errors=(403, 404, 409, 413, 422),
    parameters=(KEY,),
)
def analyze_client(call: Call) -> AnalysisAccepted:
    """Start an analysis of a client's portfolio; one at a time."""
    return start_analysis(call, entitled_client(call, Act.WRITE).user_id)


@operation("PUT", "/api/user/advisor", answer=User, body=AdviserChoice, errors=(404, 413, 422))
def choose_adviser(call: Call) -> User:
    """Say who advises the caller, or null for nobody; the adviser may then read and change what the caller may."""
    body: AdviserChoice = call.body
    if body.advisor_id == call.caller.user_id:
        raise InvalidInputError([Detail("advisor_id", "Choose somebody else: nobody advises himself")])
    changed, before = call.services.clients.choose_adviser(call.caller.user_id, body.advisor_id)
    call.services.telemetry.event(
        "ADVISER_ASSIGNED",
        agent="api",
        client=user_hash(changed.user_id),
        adviser=user_hash(body.advisor_id) if body.advisor_id else None,
        before=user_hash(before) if before else None,
    )
    return changed
