"""What looks for threats, personal data, weak settings and access from outside (SEC-05, SEC-20, COMP-04, IAM-09)."""

from hardened import CustomerKey
from hardened.compliance_bus import ComplianceBus
from hardened.detection import AccessAnalyzers, FindingsHub, ThreatDetector
from hardened.macie import PersonalData
from hardened.quarantine import Quarantine
from settings import Settings
from stacks.base import PlatformStack


def add_detection(scope: PlatformStack, *, settings: Settings, bus: ComplianceBus, key: CustomerKey) -> None:
    """The detectors that the settings say to create."""
    chosen, compliance = settings.singletons, settings.compliance
    if chosen.guardduty == "create":
        ThreatDetector(scope, "ThreatDetector", runtime=compliance.runtime_monitoring)
    if chosen.guardduty != "leave":
        Quarantine(scope, "Quarantine", name=f"alex-{settings.name}", bus=bus, enabled=compliance.quarantine)
    if chosen.macie == "create":
        PersonalData(
            scope,
            "PersonalData",
            name=f"alex-{settings.name}-client-data",
            every=compliance.macie_every,
            key=key,
            undelivered=bus.undelivered.queue,
        )
    if chosen.security_hub == "create":
        FindingsHub(scope, "FindingsHub", region=settings.region, gathers=compliance.finding_regions)
    external, unused = chosen.access_analyzer == "create", chosen.access_analyzer_unused == "create"
    if external or unused:
        AccessAnalyzers(
            scope, "AccessAnalyzers", external=external, unused_days=compliance.unused_access_days if unused else None
        )
