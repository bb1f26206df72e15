"""What looks for trouble: GuardDuty, Security Hub, Macie, Access Analyzer (SEC-05, SEC-20, COMP-04, IAM-09).

One each in an account and region; who hears of what they find is said in `compliance_routes`. In an organisation their
administration is delegated to a security account, where this stack is deployed too; members then report there.
"""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_accessanalyzer as analyzer
from aws_cdk import aws_guardduty as guardduty
from aws_cdk import aws_securityhub as securityhub
from constructs import Construct

PROTECTIONS = ("S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS")
"""GuardDuty's, beside flow logs, the trail and DNS, which it always reads. They cost by use."""

AGENTS = ("EKS_ADDON_MANAGEMENT", "ECS_FARGATE_AGENT_MANAGEMENT", "EC2_AGENT_MANAGEMENT")
STANDARDS = ("cis-aws-foundations-benchmark/v/5.0.0", "aws-foundational-security-best-practices/v/1.0.0")


class ThreatDetector(Construct):
    """GuardDuty with findings every fifteen minutes.

    :param runtime: its agent watches machines and containers too, and GuardDuty installs it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, runtime: bool) -> None:
        super().__init__(scope, construct_id)
        feature = guardduty.CfnDetector.CFNFeatureConfigurationProperty
        agents = [
            guardduty.CfnDetector.CFNFeatureAdditionalConfigurationProperty(name=name, status="ENABLED")
            for name in AGENTS
        ]
        watching = feature(name="RUNTIME_MONITORING", status="ENABLED", additional_configuration=agents)
        protections = [feature(name=name, status="ENABLED") for name in PROTECTIONS]
        self.detector = guardduty.CfnDetector(
            self,
            "Detector",
            enable=True,
            finding_publishing_frequency="FIFTEEN_MINUTES",
            features=[*protections, *([watching] if runtime else [])],
        )


class FindingsHub(Construct):
    """Security Hub with the CIS benchmark and AWS's best practices.

    :param gathers: other regions whose findings are seen here too.
    """

    def __init__(self, scope: Construct, construct_id: str, *, region: str, gathers: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        self.hub = securityhub.CfnHub(
            self,
            "Hub",
            enable_default_standards=False,
            control_finding_generator="SECURITY_CONTROL",
            auto_enable_controls=True,
        )
        for standard in STANDARDS:
            name = standard.split("/")[0].title().replace("-", "")
            made = securityhub.CfnStandard(
                self, name, standards_arn=f"arn:{Aws.PARTITION}:securityhub:{region}::standards/{standard}"
            )
            made.add_resource_dependency(self.hub)
        if gathers:
            aggregator = securityhub.CfnFindingAggregator(
                self, "Aggregator", region_linking_mode="SPECIFIED_REGIONS", regions=list(gathers)
            )
            aggregator.add_resource_dependency(self.hub)


class AccessAnalyzers(Construct):
    """Who outside the account can reach something in it, and which rights nobody has used for ``unused_days``.

    :param external: make the analyser of access from outside; ``unused_days`` None: none for unused rights.
    """

    def __init__(self, scope: Construct, construct_id: str, *, external: bool, unused_days: int | None) -> None:
        super().__init__(scope, construct_id)
        if external:
            analyzer.CfnAnalyzer(self, "External", type="ACCOUNT")
        if unused_days is not None:
            analyzer.CfnAnalyzer(
                self,
                "Unused",
                type="ACCOUNT_UNUSED_ACCESS",
                analyzer_configuration=analyzer.CfnAnalyzer.AnalyzerConfigurationProperty(
                    unused_access_configuration=analyzer.CfnAnalyzer.UnusedAccessConfigurationProperty(
                        unused_access_age=unused_days
                    )
                ),
            )
