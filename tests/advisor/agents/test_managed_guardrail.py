"""The managed guardrail judges the answer too, over recorded wire: what it refuses, or cannot judge, does not leave
(GUARD-06)."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.config import Config

from advisor.adapters.bedrock import BedrockModel
from advisor.adapters.environment import ReporterEnvironment, parse
from advisor.adapters.managed_guardrail import MOST_CHARACTERS, REQUEST_CHARACTERS, Guardrail, OutputCheck
from advisor.adapters.model_chain import ModelChain
from advisor.adapters.patience import Patience
from advisor.domain.usage import Price, Usage
from advisor.handlers import specialist
from advisor.ports.model import ModelAnswer, ModelError, Question
from advisor.ports.telemetry import Silent
from advisor.ports.tracing import NoTracing
from tests.advisor.agents.converse_server import WIRE, Endpoint, recording, serving
from tests.advisor.agents.fakes import Purse, Unbroken

QUESTION = Question(
    system="You word.", prompt="Word it.", tool_name="say", tool_description="Say it.",
    schema={"type": "object", "properties": {"word": {"type": "string"}}}, prompt_version="t-1",
)  # fmt: skip
VERDICTS = sorted(path.stem for path in (WIRE / "verdicts").glob("*.json"))
UNIT_USD = Decimal("0.00015")
ASKED_USD = Decimal("0.004")  # 1000 x 2/1e6 + 200 x 10/1e6


def verdict(name: str) -> dict[str, Any]:
    return recording(f"verdicts/{name}")


class Bench:
    """The real adapter against an endpoint that plays recordings; waits are remembered, not waited."""

    def __init__(self, endpoint: Endpoint) -> None:
        config = Config(read_timeout=5, connect_timeout=3, retries={"total_max_attempts": 1})
        client = boto3.client(
            "bedrock-runtime", region_name="us-east-1", endpoint_url=endpoint.url, aws_access_key_id="x",
            aws_secret_access_key="x", config=config,
        )  # fmt: skip
        self.endpoint, self.waits, self.purse = endpoint, list[float](), Purse()
        guardrail = Guardrail("gr1", "7")
        self.check = OutputCheck(client, guardrail, Decimal("0.15"), patience=Patience(sleep=self.waits.append))
        self.model = BedrockModel(
            client, "us.example.model-v1:0", Price(Decimal(2), Decimal(10)), guardrail=guardrail, check=self.check
        )
        self.chain = ModelChain((self.model,), meter=self.purse, breakers=Unbroken(), patience=Patience())

    def ask(self, said: Any, *verdicts: Mapping[str, Any]) -> ModelAnswer:
        recorded = recording("tool_use")
        recorded["body"]["output"]["message"]["content"][0]["toolUse"]["input"] = said
        self.endpoint.play(recorded, *verdicts)
        return self.chain.ask(QUESTION)

    def refused(self, said: Any, *verdicts: Mapping[str, Any]) -> ModelError:
        with pytest.raises(ModelError) as error:
            self.ask(said, *verdicts)
        return error.value

    @property
    def judged(self) -> list[str]:
        """The texts that were sent to the guardrail."""
        sent = [body for path, body in self.endpoint.requests if path.startswith("/guardrail/")]
        assert all(body["source"] == "OUTPUT" for body in sent)
        return ["".join(block["text"]["text"] for block in body["content"]) for body in sent]


@pytest.fixture
def bench() -> Iterator[Bench]:
    with serving() as endpoint:
        yield Bench(endpoint)


@pytest.mark.parametrize("name", VERDICTS)
def test_every_recorded_verdict_is_obeyed(name: str, bench: Bench) -> None:
    """GUARD-06, GUARD-14: what the guardrail blocks or would mask, and what nobody judged, reaches no reader; each
    costs what the model and the guardrail billed, and no second answer of the model."""
    recorded = verdict(name)
    expected, times = dict(recorded["expected"]), recorded.get("requests", 1)
    usage: Usage | None
    if "reason" not in expected:
        answer = bench.ask({"word": "hi"}, recorded)
        assert answer.value == {"word": "hi"}
        found, usage = {}, answer.usage
    else:
        error = bench.refused({"word": "hi"}, *[recorded] * times)
        usage = error.usage
        assert usage is not None
        tokens = [usage.tokens_in, usage.tokens_out]
        found = {"reason": error.reason, "retryable": error.retryable, "tokens": tokens}
        found |= {"rules": list(error.rules)} if error.rules else {}
        shown = json.dumps([str(error), *error.rules])
        assert not any(word in shown for word in ("jane@example.org", "moonshot", "damned", "C-4711-22", "arn:aws"))
    assert found | {"units": usage.guardrail_units} == expected
    assert usage.cost_usd == ASKED_USD + UNIT_USD * usage.guardrail_units == bench.purse.committed
    assert [path for path, _ in bench.endpoint.requests[1:]] == ["/guardrail/gr1/version/7/apply"] * times
    assert len(bench.waits) == times - 1


def test_a_throttled_verdict_is_waited_for_and_the_model_is_not_asked_again(bench: Bench) -> None:
    """AGENT-12, COST-05: the answer is paid already; only the verdict is missing, 2 to 10 seconds later it is there."""
    assert bench.ask({"word": "hi"}, verdict("throttled"), verdict("none")).value == {"word": "hi"}
    assert len(bench.endpoint.requests) == 3
    assert all(2 <= wait <= 10 for wait in bench.waits)


def test_a_guardrail_that_is_away_is_no_fault_of_the_model(bench: Bench) -> None:
    """COST-05, LLM-07: the stand-in's answer could not be judged either and would be paid for nothing; and the breaker
    of a healthy model would open."""
    breakers = Unbroken()
    bench.chain = ModelChain((bench.model, bench.model), meter=bench.purse, breakers=breakers, patience=Patience())
    assert bench.refused({"word": "hi"}, verdict("access_denied")).reason == "not_judged"
    assert len(bench.endpoint.requests) == 2
    assert [outcome and outcome.failed for _model, outcome in breakers.reports] == [False]


def test_every_text_of_the_answer_is_judged_and_no_identifier_is_sent(bench: Bench) -> None:
    """GUARD-06, GUARD-09: a bad sentence in the last description of a list counts like one in the first; identifiers
    that our own rules remove do not cost the investor the report."""
    said = {"summary": "One.", "charts": [{"title": "Two.", "points": [1, True, None]}, {"title": "Three."}]}
    bench.ask({**said, "note": "Write to jane@example.org."}, verdict("none"))
    (text,) = bench.judged
    assert text.splitlines()[:3] == ["One.", "Two.", "Three."]
    assert "jane@example.org" not in text


def test_an_answer_without_texts_is_not_sent(bench: Bench) -> None:
    """COST-05: numbers alone are nothing to judge."""
    assert bench.ask({"points": [1, 2]}).usage.guardrail_units == 0
    assert bench.judged == []


def test_a_long_answer_is_judged_in_parts_none_of_which_tears_a_word(bench: Bench) -> None:
    """GUARD-06: the service takes 25 units at once; what it finds in the last part stops the whole answer."""
    text = "guaranteed " * (2 * REQUEST_CHARACTERS // 11)
    assert bench.refused({"word": text}, verdict("none"), verdict("topic")).reason == "guardrail"
    assert "".join(bench.judged) == text
    assert all(len(part) <= REQUEST_CHARACTERS and set(part.split()) == {"guaranteed"} for part in bench.judged)
    unbroken = "x" * (REQUEST_CHARACTERS + 1)
    assert bench.ask({"word": unbroken}, verdict("none"), verdict("none")).usage.guardrail_units == 6
    assert "".join(bench.judged[2:]) == unbroken


def test_an_answer_too_long_to_judge_is_refused(bench: Bench) -> None:
    """GUARD-04: 900 KB within the model's own limit would be 50 requests; no reader may get so much anyway."""
    error = bench.refused({"word": "x" * 900_000})
    assert (error.reason, error.retryable, bench.judged) == ("too_large", False, [])
    assert error.usage is not None
    assert error.usage.cost_usd == ASKED_USD


def test_a_verdict_of_ten_megabytes_is_a_verdict(bench: Bench) -> None:
    """GUARD-14: its texts are not looked at, so nothing of it reaches the answer or the trail."""
    recorded = verdict("topic")
    recorded["body"]["outputs"] = [{"text": "x" * 10_000_000}]
    error = bench.refused({"word": "hi"}, recorded)
    assert (error.reason, error.rules) == ("guardrail", ("topic:Guaranteed-returns",))
    assert len(str(error)) < 100


def test_the_money_for_the_verdict_is_set_aside_before_the_model_is_asked(bench: Bench) -> None:
    """COST-05: a budget that holds the model's call only would be overspent by judging it."""
    bare = BedrockModel(bench.model.client, bench.model.model_id, bench.model.price, guardrail=bench.model.guardrail)
    more = bench.model.worst_cost(QUESTION) - bare.worst_cost(QUESTION)
    assert more == bench.check.worst_cost == UNIT_USD * 3 * (MOST_CHARACTERS // 1000)


def test_a_model_without_a_check_asks_nobody(bench: Bench) -> None:
    """GUARD-06: the setting that switches it off outside of production does so."""
    bench.chain = ModelChain(
        (BedrockModel(bench.model.client, "m", bench.model.price),), meter=Purse(), breakers=Unbroken()
    )
    assert bench.ask({"word": "hi"}).value == {"word": "hi"}
    assert bench.judged == []


@pytest.mark.parametrize(("told", "checked"), [({}, True), ({"CHECK_OUTPUT": "false"}, False)])
def test_every_model_of_an_agent_is_checked_by_the_guardrail_of_its_calls(
    told: dict[str, str], checked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GUARD-06: a stand-in model whose answers nobody judged would be a way around the guardrail, another one too."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    limits = {"max_tokens": 1, "max_request_bytes": 1, "max_answer_bytes": 1}
    prices = {"input_usd_per_mtok": 3, "output_usd_per_mtok": 15}
    models = [{"model_id": name, **limits, **prices} for name in ("large", "small")]
    given = {"MODELS": json.dumps(models), "GUARDRAIL_ID": "gr1", "GUARDRAIL_VERSION": "7", **told}
    names = ("DATABASE_CLUSTER_ARN", "DATABASE_SECRET_ARN", "DATABASE_NAME", "AUDIT_TABLE", "USAGE_TABLE")
    rest = dict.fromkeys((*names, "BREAKER_TABLE", "POWERTOOLS_SERVICE_NAME"), "x")
    environment = parse(ReporterEnvironment, rest | {"JOB_BUDGET_USD": "1", "ENVIRONMENT": "dev"} | given)
    chain = specialist._chain(environment, None, Silent(), NoTracing())
    made: list[Any] = [getattr(model, "model", None) for model in chain.models]
    assert len(made) == 2
    for model in made:
        assert (model.check is not None) == checked
        assert model.guardrail == Guardrail("gr1", "7")
        assert not checked or model.check.guardrail == model.guardrail
