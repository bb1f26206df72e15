"""Tracing that is there when Langfuse's keys are, and costs nothing when they are not (OBS-20, OBS-21, OBS-22).

Decisions:
- The keys are a secret that an operator sets (``{"public_key", "secret_key", "host"?}``); no other key is needed. It
  is read at most every five minutes, so that new keys need no deployment. Without keys nothing is imported, and
  nothing is called but Secrets Manager.
- Whether a job is traced is decided once, from its id (OBS-18); the rate stands in a parameter that an operator raises
  to 1 during an incident, and in the settings when the parameter cannot be read.
- Whatever goes wrong costs the trace, never the job: it is told as one TRACES_NOT_SENT event, and the process rests
  for a minute before it tries again.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from pydantic import Field

from advisor.adapters.environment import Environment, Text, Url
from advisor.domain.trace_context import parent_of, sampled, trace_id_of, traceparent
from advisor.ports.telemetry import Telemetry
from advisor.ports.tracing import Kind, NoTracing, Span, Tracer, Value

if TYPE_CHECKING:
    from advisor.adapters.otlp import Recording

KEYS_KEPT_SECONDS, RATE_KEPT_SECONDS, REST_SECONDS = 300.0, 60.0, 60.0
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class TracingEnvironment(Environment):
    """Where the keys and the rate are, what may leave, and the host unless the secret names one."""

    tracing_secret_arn: Text | None = Field(default=None, alias="TRACING_SECRET_ARN")
    tracing_rate_parameter: Text | None = Field(default=None, alias="TRACING_RATE_PARAMETER")
    tracing_sample_rate: float = Field(default=1.0, ge=0, le=1, alias="TRACING_SAMPLE_RATE")
    tracing_content: Literal["full", "redacted", "hash"] = Field(default="redacted", alias="TRACING_CONTENT")
    langfuse_host: Url = Field(default="https://cloud.langfuse.com", alias="LANGFUSE_HOST")


@dataclass(frozen=True)
class Keys:
    """A Langfuse project's keys and its host (without a trailing slash)."""

    public_key: str
    secret_key: str = field(repr=False)
    host: str


def keys_of(secret: str, *, host: str) -> Keys | None:
    """The keys in a secret's text; None where it holds none, or names a host to which they would travel in the clear.

    A freshly made secret holds a random text: that is no error.
    """
    try:
        value = json.loads(secret)
        keys = Keys(str(value["public_key"]), str(value["secret_key"]), str(value.get("host") or host).rstrip("/"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    parts = urlsplit(keys.host)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
    return keys if keys.public_key and keys.secret_key and safe and parts.hostname else None


@dataclass
class _Kept:
    """A value that is read again after some time; a failed reading is told, and kept as None just as long."""

    read: Callable[[], Any]
    failed: Callable[[Exception], None]
    seconds: float
    clock: Callable[[], float]
    value: Any = None
    until: float = float("-inf")

    def get(self) -> Any:
        if self.clock() >= self.until:
            self.until = self.clock() + self.seconds
            try:
                self.value = self.read()
            except Exception as error:  # noqa: BLE001 (a job does without whatever could not be read)
                self.value = None
                self.failed(error)
        return self.value


class _Unsampled(NoTracing):
    """A job that is not traced: the functions that it calls are told so, whatever rate they see."""

    def __init__(self, job_id: str) -> None:
        self._carried = {"traceparent": traceparent(job_id, trace_id_of(job_id)[:16], sampled=False)}

    def carried(self) -> Mapping[str, str]:
        """The decision."""
        return self._carried


class LangfuseTracing:
    """Tracer of one function; inside ``observe`` it is a recording when there are keys and the job is sampled."""

    def __init__(
        self,
        environment: TracingEnvironment,
        *,
        secrets: Callable[[], Any],
        parameters: Callable[[], Any],
        telemetry: Telemetry,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``secrets`` and ``parameters`` make the clients of Secrets Manager and SSM when they are first needed."""
        self._environment, self._telemetry, self._clock = environment, telemetry, clock
        self._keys = _Kept(
            lambda: self._read_keys(secrets), lambda error: self._unread("keys", error), KEYS_KEPT_SECONDS, clock
        )
        self._rate = _Kept(
            lambda: self._read_rate(parameters), lambda error: self._unread("rate", error), RATE_KEPT_SECONDS, clock
        )
        self._recordings: dict[Keys, Recording] = {}
        self._active: Tracer = NoTracing()
        self._rests_until = float("-inf")

    @contextmanager
    def observe(self, job_id: str, parent: object = None) -> Iterator[None]:
        """See `Tracer`; the spans are sent when the body has ended, however it ended."""
        keys = self._usable_keys()
        recording = self._recording(keys) if keys and self._sampled(job_id, parent) else None
        self._active = recording or (_Unsampled(job_id) if keys else NoTracing())
        try:
            with recording.observe(job_id, parent) if recording else nullcontext():
                yield
        finally:
            self._active = NoTracing()
            if recording and (reason := recording.flush()):
                self._not_sent(reason)

    def span(self, name: str, kind: Kind = "span", **attributes: Value) -> AbstractContextManager[Span]:
        """See `Tracer`."""
        return self._active.span(name, kind, **attributes)

    @property
    def current(self) -> Span:
        """See `Tracer`."""
        return self._active.current

    def carried(self) -> Mapping[str, str]:
        """See `Tracer`."""
        return self._active.carried()

    def _usable_keys(self) -> Keys | None:
        if not self._environment.tracing_secret_arn or self._clock() < self._rests_until:
            return None
        keys: Keys | None = self._keys.get()
        return keys

    def _sampled(self, job_id: str, parent: object) -> bool:
        above = parent_of(job_id, parent)
        return above.sampled if above else sampled(job_id, self._current_rate())

    def _recording(self, keys: Keys) -> "Recording | None":
        if keys not in self._recordings:
            try:
                # Here, not above: it takes a sixth of a second, and only those with keys shall pay for it.
                from advisor.adapters.otlp import Recording  # noqa: PLC0415

                self._recordings = {keys: Recording(self._environment, keys)}
            except Exception as error:  # noqa: BLE001 (no fault of the tracing library may cost a job)
                self._not_sent(type(error).__name__)
                return None
        return self._recordings[keys]

    def _current_rate(self) -> float:
        rate: float | None = self._rate.get() if self._environment.tracing_rate_parameter else None
        return self._environment.tracing_sample_rate if rate is None else rate

    def _read_keys(self, secrets: Callable[[], Any]) -> Keys | None:
        answer = secrets().get_secret_value(SecretId=self._environment.tracing_secret_arn)
        return keys_of(answer["SecretString"], host=self._environment.langfuse_host)

    def _read_rate(self, parameters: Callable[[], Any]) -> float:
        answer = parameters().get_parameter(Name=self._environment.tracing_rate_parameter)
        rate = float(answer["Parameter"]["Value"])
        if not 0 <= rate <= 1:
            raise ValueError("a rate is between 0 and 1")
        return rate

    def _unread(self, what: str, error: Exception) -> None:
        """The keys or the rate could not be read; a secret that nobody has filled yet is no failure."""
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        if code != "ResourceNotFoundException":
            self._tell(f"{what}_{code}")

    def _not_sent(self, reason: str) -> None:
        self._rests_until = self._clock() + REST_SECONDS
        self._tell(reason)

    def _tell(self, reason: str) -> None:
        self._telemetry.event("TRACES_NOT_SENT", agent=self._environment.service, warning=True, reason=reason)
