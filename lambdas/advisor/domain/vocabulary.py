"""The words of the field as closed lists: one place, so that the API, the agents and the database agree."""

from enum import StrEnum


class AssetClass(StrEnum):
    """What an instrument's value consists of (AGENT-06)."""

    EQUITY = "equity"
    FIXED_INCOME = "fixed_income"
    REAL_ESTATE = "real_estate"
    COMMODITIES = "commodities"
    CASH = "cash"
    ALTERNATIVES = "alternatives"


class Region(StrEnum):
    """Where an instrument's value is earned; ``international`` is mixed, outside the United States."""

    NORTH_AMERICA = "north_america"
    EUROPE = "europe"
    ASIA = "asia"
    LATIN_AMERICA = "latin_america"
    AFRICA = "africa"
    MIDDLE_EAST = "middle_east"
    OCEANIA = "oceania"
    GLOBAL = "global"
    INTERNATIONAL = "international"


class Sector(StrEnum):
    """Economic sector; the last group is for bonds and commodities."""

    TECHNOLOGY = "technology"
    HEALTHCARE = "healthcare"
    FINANCIALS = "financials"
    CONSUMER_DISCRETIONARY = "consumer_discretionary"
    CONSUMER_STAPLES = "consumer_staples"
    INDUSTRIALS = "industrials"
    ENERGY = "energy"
    MATERIALS = "materials"
    UTILITIES = "utilities"
    REAL_ESTATE = "real_estate"
    COMMUNICATION = "communication"
    TREASURY = "treasury"
    CORPORATE = "corporate"
    MORTGAGE = "mortgage"
    GOVERNMENT_RELATED = "government_related"
    COMMODITIES = "commodities"
    DIVERSIFIED = "diversified"
    OTHER = "other"


class InstrumentType(StrEnum):
    """Legal form of an instrument."""

    ETF = "etf"
    MUTUAL_FUND = "mutual_fund"
    STOCK = "stock"
    BOND = "bond"
    BOND_FUND = "bond_fund"
    COMMODITY = "commodity"
    REIT = "reit"


class AccountType(StrEnum):
    """Tax form of an account."""

    K401 = "401k"
    ROTH_IRA = "roth_ira"
    TRADITIONAL_IRA = "traditional_ira"
    TAXABLE = "taxable"
    EDUCATION_529 = "529"
    HSA = "hsa"
    PENSION = "pension"
    OTHER = "other"

    @property
    def tax_advantaged(self) -> bool:
        """Selling inside it causes no capital-gains tax now."""
        return self not in {AccountType.TAXABLE, AccountType.OTHER}


class JobType(StrEnum):
    """What a job computes."""

    PORTFOLIO_ANALYSIS = "portfolio_analysis"
    REBALANCE_RECOMMENDATION = "rebalance_recommendation"
    RETIREMENT_PROJECTION = "retirement_projection"
    RISK_ASSESSMENT = "risk_assessment"
    TAX_OPTIMIZATION = "tax_optimization"
    INSTRUMENT_RESEARCH = "instrument_research"
    PORTFOLIO_OPTIMIZATION = "portfolio_optimization"


class JobStatus(StrEnum):
    """Where a job stands; `advisor.domain.jobs` holds the allowed transitions."""

    PENDING = "pending"
    RUNNING = "running"
    AWAITING_APPROVAL = "awaiting_approval"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class EntryKind(StrEnum):
    """What an entry of the audit trail records: code's decision, a model's answer (or what stood in for it), how the
    data's quality was derived, a human review asked for or decided, or the close of a run."""

    DECISION = "decision"
    MODEL_ANSWER = "model_answer"
    QUALITY = "quality"
    REVIEW = "review"
    CLOSING = "closing"


class Priority(StrEnum):
    """Priority of a recommendation by the user's goals (XAI-03)."""

    HIGH = "High"
    MEDIUM = "Medium"
    LOW = "Low"


class PriceSource(StrEnum):
    """Who said a price; ``model`` and ``none`` count as missing (INT-04)."""

    PROVIDER = "provider"
    USER = "user"
    MODEL = "model"
    NONE = "none"


class AllocationSource(StrEnum):
    """Who classified an instrument; ``default`` asks for the tagger."""

    SEED = "seed"
    TAGGER = "tagger"
    USER = "user"
    DEFAULT = "default"


ALIASES = {"asia_pacific": Region.ASIA.value, "financial": Sector.FINANCIALS.value}
"""Words accepted on input and normalised at the boundary (domain vocabulary, regions and sectors)."""


_NAMES = {"north_america": "North America", "latin_america": "Latin America", "middle_east": "Middle East"}


def counted(number: int, noun: str) -> str:
    """``1 account``, ``3 accounts``: for prose."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def label(word: str) -> str:
    """A word of the vocabulary as a reader writes it: ``fixed_income`` is Fixed income."""
    return _NAMES.get(word, word.replace("_", " ").capitalize())
