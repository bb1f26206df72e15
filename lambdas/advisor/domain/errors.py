"""Errors with a status, a code and a text that is safe to show; details name fields, never internals."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Detail:
    """One field at fault and the reason in the user's words."""

    field: str
    reason: str


@dataclass
class AdvisorError(Exception):
    """Base: ``message`` is what the user reads; ``retry_after`` in seconds where a later try may succeed."""

    details: list[Detail] = field(default_factory=list)
    retry_after: int | None = None
    status = 500
    code = "internal_error"
    message = "An internal error occurred. Please try again later."

    def __str__(self) -> str:
        """Text for logs."""
        return f"{self.code}: {'; '.join(f'{d.field}: {d.reason}' for d in self.details) or self.message}"


class BadRequestError(AdvisorError):
    """The request cannot be read at all."""

    status, code, message = 400, "bad_request", "The request could not be read. Please check its format."


class NotPermittedError(AdvisorError):
    """Known record, but not this user's."""

    status, code, message = 403, "forbidden", "You don't have permission to access this resource."


class NotFoundError(AdvisorError):
    """No such record."""

    status, code, message = 404, "not_found", "The requested resource was not found."


class ConflictError(AdvisorError):
    """The record's state forbids it, for example a second running analysis."""

    status, code, message = 409, "conflict", "This operation conflicts with the current state."


class TooLargeError(AdvisorError):
    """The body exceeds the limit."""

    status, code, message = 413, "too_large", "The request is too large."


class InvalidInputError(AdvisorError):
    """A field breaks a rule."""

    status, code = 422, "validation_error"
    message = "Invalid input data. Please check your request and try again."


class ThrottledError(AdvisorError):
    """Too many requests; ``retry_after`` says when."""

    status, code, message = 429, "throttled", "Too many requests. Please slow down and try again later."


class UnavailableError(AdvisorError):
    """A dependency is down or resuming; trying again can help."""

    status, code, message = 503, "unavailable", "The service is temporarily unavailable. Please try again later."
