"""The tagger: classifies instruments nobody stands for yet (AGENT-06), rationale first (XAI-01)
and logged (XAI-02).

One question an instrument, a few at a time. What the model cannot classify stays unclassified and is reported: a guess
would hide it from the quality report. The answer has no place for a price, so none can come from a model (INT-04).
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator

from advisor.agents.answering import Answered, Desk
from advisor.agents.prompts import prompt
from advisor.agents.request import AgentRequest, answer
from advisor.agents.task import Answer, Task
from advisor.domain.advice import Review, Verdict
from advisor.domain.errors import BadRequestError, Detail
from advisor.domain.facts import tagger_facts
from advisor.domain.models import AssetClassAllocation, Instrument, RegionAllocation, SectorAllocation
from advisor.domain.promises import wording_faults
from advisor.domain.vocabulary import AllocationSource, AssetClass, InstrumentType, Region, Sector
from advisor.ports.store import PortfolioStore

NAME = "tagger"
PARALLEL = 4
"""Questions at a time: fast, and far below what a model's quota refuses."""


def _parts(words: type[AssetClass] | type[Region] | type[Sector]) -> WithJsonSchema:
    part = {"type": "number", "minimum": 0, "maximum": 100}
    properties = {word.value: part for word in words}
    return WithJsonSchema({"type": "object", "properties": properties, "additionalProperties": False})


class Classification(Answer):
    """What the model fills in; aliases of keys are normalised, each map must sum to 100 within 0.05."""

    rationale: str = Field(min_length=1, max_length=4000, description="why, before the answer")
    asset_class: AssetClass
    asset_class_allocation: Annotated[AssetClassAllocation, _parts(AssetClass)]
    region_allocation: Annotated[RegionAllocation, _parts(Region)]
    sector_allocation: Annotated[SectorAllocation, _parts(Sector)]
    instrument_type: InstrumentType | None = Field(default=None, description="legal form, when you are sure of it")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        """The main class is one with the largest part."""
        parts = self.asset_class_allocation
        if parts.get(self.asset_class, 0) < max(parts.values()):
            raise ValueError(f"asset_class {self.asset_class} is not the largest part of asset_class_allocation")
        return self


class Untagged(BaseModel):
    """An instrument to classify."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    symbol: str = Field(min_length=1, max_length=20)
    name: str = Field(min_length=1, max_length=255)
    instrument_type: InstrumentType | None = None

    def instrument(self) -> Instrument:
        """As an entity without price or classification."""
        return Instrument(symbol=self.symbol, name=self.name, instrument_type=self.instrument_type)


@dataclass(frozen=True)
class Tagger:
    """Runs the agent; ``portfolios`` takes the classifications."""

    desk: Desk
    portfolios: PortfolioStore

    def run(self, request: AgentRequest, instruments: Sequence[Untagged]) -> dict[str, Any]:
        """Classify and store; ``{tagged, updated[], errors[{symbol, error}], classifications[]}`` without rationale."""
        with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
            answered = list(pool.map(lambda one: self._classify(request, one), instruments))
        updated: list[str] = []
        errors: list[dict[str, str]] = []
        classifications: list[dict[str, Any]] = []
        for one, result in zip(instruments, answered, strict=True):
            if result.fallback:
                errors.append({"symbol": one.symbol, "error": result.reason or "unclassified"})
                continue
            updated.append(one.symbol)
            classifications.append({"symbol": one.symbol} | result.product)
        return answer(
            NAME,
            f"{len(updated)} of {len(instruments)} instruments classified",
            fallback=bool(errors),
            tagged=len(updated),
            updated=updated,
            errors=errors,
            classifications=classifications,
            version="; ".join(sorted({result.version for result in answered})) or prompt(NAME).label,
        )

    def _classify(self, request: AgentRequest, one: Untagged) -> Answered:
        rationales: list[str] = []

        def product(given: Classification) -> dict[str, Any]:
            rationales[:] = [given.rationale]
            return given.model_dump(mode="json", exclude={"rationale"})

        task = Task(
            agent=NAME,
            prompt=prompt(NAME),
            answer=Classification,
            facts=tagger_facts(one.instrument()),
            product=product,
            review=lambda _: _review(rationales[0]),
            fallback=dict,
            max_tokens=1500,
        )
        result = self.desk.answer(task, job_id=str(request.job_id), user_id=request.user_id or "")
        if not result.fallback:
            tell = self.desk.telemetry.event
            tell("CLASSIFICATION_RATIONALE", agent=NAME, symbol=one.symbol, rationale=rationales[0])
            self.portfolios.save_classification(_classified(one, result.product))
        return result


def read_instruments(event: Mapping[str, Any]) -> list[Untagged]:
    """The instruments of an invocation; raises BadRequestError."""
    given = event.get("instruments")
    if not isinstance(given, list):
        raise BadRequestError([Detail(field="instruments", reason="a list of {symbol, name, instrument_type?}")])
    try:
        return [Untagged.model_validate(one) for one in given]
    except ValidationError as error:
        details = [Detail(field=f"instruments.{e['loc'][0]}", reason=e["msg"]) for e in error.errors()]
        raise BadRequestError(details) from None


def _review(rationale: str) -> Review:
    """A classification is reviewed by its schema; its words must not promise anything."""
    faults = wording_faults(rationale)
    return Review(verdict=Verdict.FAIL if faults else Verdict.PASS, reasons=faults)


def _classified(one: Untagged, product: Mapping[str, Any]) -> Instrument:
    return Instrument(
        symbol=one.symbol,
        name=one.name,
        instrument_type=one.instrument_type or product["instrument_type"],
        allocation_asset_class=product["asset_class_allocation"],
        allocation_regions=product["region_allocation"],
        allocation_sectors=product["sector_allocation"],
        allocation_source=AllocationSource.TAGGER,
    )
