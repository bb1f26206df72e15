"""The user's profile, and health."""

from datetime import UTC, datetime

from advisor.domain.models import User
from advisor.handlers.api.answers import Health, Profile
from advisor.handlers.api.operations import Call, operation
from advisor.handlers.api.schemas import ProfileChange


@operation("GET", "/health", answer=Health, public=True)
def health(_call: Call) -> Health:
    """Tell that the API answers (it touches no other part)."""
    return Health(status="ok", timestamp=datetime.now(UTC))


@operation("GET", "/api/user", answer=Profile)
def get_user(call: Call) -> Profile:
    """Read the caller's profile; the first call creates it with defaults."""
    user, created = call.services.records.profile(call.caller.user_id)
    return Profile(user=user, created=created)


@operation("PUT", "/api/user", answer=User, body=ProfileChange, errors=(404, 413, 422))
def change_user(call: Call) -> User:
    """Change fields of the caller's profile."""
    body: ProfileChange = call.body
    changes = body.changes()
    call.services.notice(changes, "display_name", "retirement_goals")
    return call.services.records.change_profile(call.caller.user_id, changes)
