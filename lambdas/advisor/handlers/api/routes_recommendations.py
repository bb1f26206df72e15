"""Recommendations: what was advised, and what the client, or the client's adviser, makes of it once it is released."""

from advisor.domain.entitlement import Act, Content, Owner
from advisor.domain.errors import NotFoundError
from advisor.domain.review import NAME
from advisor.handlers.api.answers_reviews import RecommendationList, RecommendationRecord
from advisor.handlers.api.entitlement import require
from advisor.handlers.api.operations import Call, operation
from advisor.handlers.api.paging import PAGED, page_of
from advisor.handlers.api.routes_clients import entitled_client
from advisor.handlers.api.schemas_reviews import RecommendationDecision


@operation(
    "GET", "/api/clients/{client_id}/recommendations", answer=RecommendationList, errors=(403, 404, 422),
    parameters=PAGED,
)  # fmt: skip
def list_recommendations(call: Call) -> RecommendationList:
    """List a client's recommendations, newest first; the client sees those that are released."""
    client_id = entitled_client(call, Act.READ).user_id
    page = page_of(call)
    found = call.services.recommendations.of_client(
        client_id,
        released_only=call.caller.user_id == client_id,
        limit=page.limit + 1,
        after=page.after,
    )
    shown, cursor = page.cut(found, lambda one: (one.created_at, one.id))
    return RecommendationList(
        recommendations=[RecommendationRecord.model_validate(one) for one in shown], next_cursor=cursor
    )


@operation(
    "POST",
    "/api/recommendations/{recommendation_id}/decision",
    answer=RecommendationRecord,
    body=RecommendationDecision,
    errors=(403, 404, 409, 413, 422),
)
def decide_recommendation(call: Call) -> RecommendationRecord:
    """Accept or override a released recommendation; the client, or the client's adviser, once."""
    body: RecommendationDecision = call.body
    found = call.services.recommendations.owned(call.identifier("recommendation_id"))
    if found is None:
        raise NotFoundError()
    owner = Owner(found.advice.owner_id, found.advisor_id)
    require(call, Act.WRITE, Content.CLIENT, owner, resource="recommendation")
    decided = call.services.recommendations.decide(
        found.advice.id,
        state="accepted" if body.decision == "accept" else "overridden",
        by=call.caller.user_id,
        comment=body.comment or None,
    )
    metric = "RecommendationsAccepted" if decided.state == "accepted" else "RecommendationsOverridden"
    call.services.telemetry.metric(metric, 1, agent=NAME)
    return RecommendationRecord.model_validate(decided)
