"""Reviews: what waits for people, and what they decide.

Decisions: reviews have a path of their own, because one job may have several and they are not a recommendation's. A
decision is committed before the workflow is told; when telling fails, the sweeper tells it. Whose advice it is sees of
a review neither the analysis nor its figures: they are the results that are withheld.
"""

from dataclasses import replace
from typing import Any

from advisor.adapters.review_desk import OwnedReview
from advisor.domain.entitlement import NOBODY, Act, Content, Owner, entitled
from advisor.domain.errors import Detail, InvalidInputError, NotFoundError, UnavailableError
from advisor.domain.models import Job
from advisor.domain.review import NAME, ReviewState, withheld
from advisor.domain.vocabulary import JobStatus
from advisor.handlers.api.answers_reviews import (
    JobReview,
    ReviewDetail,
    ReviewList,
    ReviewRecord,
)
from advisor.handlers.api.entitlement import require
from advisor.handlers.api.operations import Call, Parameter, operation
from advisor.handlers.api.paging import PAGED, page_of
from advisor.handlers.api.schemas_reviews import ReviewDecision

ANY = "all"
FIGURES = ("traded_value", "portfolio_value", "risk_score", "confidence")
"""What a review tells of the advice."""
STATE = Parameter(
    "state",
    "query",
    {"type": "string", "enum": [*(state.value for state in ReviewState), ANY], "default": ReviewState.REQUESTED.value},
    "Only reviews in this state",
)


@operation("GET", "/api/reviews", answer=ReviewList, errors=(403, 422), parameters=(STATE, *PAGED))
def list_reviews(call: Call) -> ReviewList:
    """List reviews that wait for a decision (or in another state), the oldest first; for reviewers and compliance."""
    require(call, Act.READ, Content.REVIEW, NOBODY, resource="reviews")
    page = page_of(call)
    wanted = call.query.get("state") or ReviewState.REQUESTED.value
    if wanted not in STATE.schema["enum"]:
        raise InvalidInputError([Detail("state", f"Use one of {', '.join(STATE.schema['enum'])}")])
    state = None if wanted == ANY else ReviewState(wanted)
    found = call.services.reviews.queue(state=state, limit=page.limit + 1, after=page.after)
    shown, cursor = page.cut(found, lambda one: (one.review.requested_at, one.review.id))
    return ReviewList(reviews=[_record(call, one) for one in shown], next_cursor=cursor)


@operation("GET", "/api/reviews/{review_id}", answer=ReviewDetail, errors=(403, 404))
def get_review(call: Call) -> ReviewDetail:
    """Read a review with what the decision needs: advice, trades, risk, quality, report, the job's other reviews."""
    owned = _review(call, Act.READ)
    found = call.services.jobs.owned(owned.review.job_id)
    if found is None:
        raise NotFoundError()
    job = found.job if withheld(found.job, call.caller.user_id) else call.services.jobs.with_payloads(found.job)
    return ReviewDetail(
        **_record(call, owned).model_dump(),
        job_status=job.status,
        summary_payload=job.summary_payload,
        quality_payload=job.quality_payload,
        report_payload=job.report_payload,
        reviews_of_job=reviews_of(call, job),
    )


@operation(
    "POST",
    "/api/reviews/{review_id}/decision",
    answer=ReviewRecord,
    body=ReviewDecision,
    errors=(403, 404, 409, 413, 422),
)
def decide_review(call: Call) -> ReviewRecord:
    """Approve or reject; senior advisers only, and never for themselves or their own clients."""
    body: ReviewDecision = call.body
    owned = _review(call, Act.DECIDE)
    state = ReviewState.APPROVED if body.decision == "approve" else ReviewState.REJECTED
    services = call.services
    review = services.reviews.decide(owned.review.id, state=state, by=call.caller.user_id, comment=body.comment)  # type: ignore[arg-type]
    try:
        services.workflow.deliver(review.job_id)
    except UnavailableError:
        services.telemetry.event("REVIEW_NOT_DELIVERED", agent=NAME, warning=True, review_id=str(review.id))
    return _record(call, replace(owned, review=review))


def reviews_of(call: Call, job: Job) -> list[JobReview]:
    """What anybody who may see the job sees of its reviews; no question to the database where there can be none."""
    if job.status is not JobStatus.AWAITING_APPROVAL and job.status not in {JobStatus.COMPLETED, JobStatus.FAILED}:
        return []
    return [JobReview.model_validate(review) for review in call.services.reviews.of_job(job.id)]


def _review(call: Call, act: Act) -> OwnedReview:
    owned = call.services.reviews.owned(call.identifier("review_id"))
    if owned is None:
        raise NotFoundError()
    for owner in _owners(owned, act):
        require(call, act, Content.REVIEW, owner, resource="review")
    return owned


def _owners(owned: OwnedReview, act: Act) -> tuple[Owner, ...]:
    """Under which relations somebody must be entitled: deciding also as if who advised since the analysis began still
    did."""
    owner_id = owned.review.owner_id
    former = owned.former_advisor_ids if act is Act.DECIDE else ()
    return (Owner(owner_id, owned.advisor_id), *(Owner(owner_id, advisor_id) for advisor_id in former))


def _record(call: Call, owned: OwnedReview) -> ReviewRecord:
    review = owned.review
    mine = all(entitled(call.caller, Act.DECIDE, Content.REVIEW, owner) for owner in _owners(owned, Act.DECIDE))
    fields: dict[str, Any] = review.model_dump()
    if call.caller.user_id == review.owner_id:
        fields |= dict.fromkeys(FIGURES)
    return ReviewRecord(**fields, decidable=mine and review.state is ReviewState.REQUESTED)
