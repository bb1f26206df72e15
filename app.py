"""The platform's CDK application: settings -> stage -> policy gate -> synthesis.

`cdk synth -c env=prod` reads `settings/environments/prod.yaml`; it needs no account, credentials or network.
Further context: `settings` (a YAML file laid over the environment's) and `bundles` (`target`, or `host` for this
machine).
"""

import sys

import stacks.node  # isort: skip  # noqa: F401 - first: it chooses the Node that CDK starts

from pathlib import Path

from aws_cdk import App

from costs import INFERENCE, PLATFORM, Templates, estimate
from settings import Settings, SettingsError, load
from soc2 import SWITCHED_OFF, GateError, Profile, synthesise
from stacks.api import ContractMissingError
from stacks.bundles import BundleMissingError, Bundles, Target
from stacks.logs import log_days
from stacks.stage import PlatformStage

ONCE = {
    "trail": ("AWS::CloudTrail::Trail",),
    "config_recorder": ("AWS::Config::ConfigurationRecorder", "AWS::Config::DeliveryChannel"),
    "guardduty": ("AWS::GuardDuty::Detector",),
    "security_hub": ("AWS::SecurityHub::Hub",),
    "macie": ("AWS::Macie::Session",),
    "access_analyzer": ("AWS::AccessAnalyzer::Analyzer",),
    "access_analyzer_unused": ("AWS::AccessAnalyzer::Analyzer (unused access)",),
    "inspector": ("Amazon Inspector",),
    "s3_account_block": ("AWS::S3::AccountPublicAccessBlock",),
    "ebs_encryption": ("AWS::EC2::EBSEncryptionByDefault",),
    "password_policy": ("IAM's password policy",),
}
"""Setting below ``singletons`` -> what an account and region have once; some are no type of CloudFormation."""


def _elsewhere(settings: Settings) -> dict[str, str]:
    """What is not made here: where it is, or who accepts that it is nowhere. The evidence shows it."""
    left = {
        name: f"left out by the setting singletons.{name}: {by.owner} accepts it until {by.expires}. {by.reason}"
        for name, by in settings.singletons.left_out.items()
    }
    adopted = {
        name: f"adopted by the setting singletons.{name}: the account has it already"
        for name in ONCE
        if getattr(settings.singletons, name) == "adopt"
    }
    return {resource_type: why for name, why in (left | adopted).items() for resource_type in ONCE[name]}


def judged_as(settings: Settings) -> Profile:
    """What the policy gate must know of an environment that its templates do not say."""
    return Profile(
        environment=settings.name,
        account=settings.account or "",
        production=settings.is_production,
        log_retention_days=min(log_days(settings).values()),
        audit_retention_days=settings.retention.audit_years * 365,
        backup_retention_days=settings.aurora.backup_days,
        elsewhere=_elsewhere(settings),
        # A laptop sends no bill.
        spending=None if settings.tier == "local" else lambda templates: spending(templates, settings),
    )


def spending(templates: Templates, settings: Settings) -> dict[str, float]:
    """USD a month by what they are for: what the gate compares with the budgets."""
    made = estimate(templates, settings)
    return {purpose: made.total(purpose) for purpose in (PLATFORM, INFERENCE)}


def main() -> int:
    """Synthesise the environment that the context names; 1 with a message when that is not possible."""
    app = App()
    overlay = app.node.try_get_context("settings")
    try:
        settings = load(app.node.try_get_context("env"), Path(overlay) if overlay else None)
        host = app.node.try_get_context("bundles") == "host"
        target = Target.this_machine() if host else Target(settings.functions.architecture, settings.functions.python)
        PlatformStage(app, settings=settings, bundles=Bundles(target=target))
        synthesise(app, profile=judged_as(settings), switched_off=SWITCHED_OFF, settings=settings.digest)
    except (SettingsError, BundleMissingError, ContractMissingError, GateError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
