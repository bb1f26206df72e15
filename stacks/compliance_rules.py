"""What AWS Config records and judges, and which settings of the account it keeps (COMP-03, SEC-07, SEC-08, IAM-01)."""

from hardened import CustomerKey
from hardened.account_settings import AccountSettings, PasswordPolicy
from hardened.config_rules import in_region
from hardened.conformance import ConformancePack
from hardened.recorder import Recorder
from settings import Settings
from stacks.base import PlatformStack


def add_rules(scope: PlatformStack, *, settings: Settings, key: CustomerKey) -> Recorder | None:
    """The recorder (None: adopted, or left out), the conformance pack and the account's settings."""
    chosen, passwords = settings.singletons, settings.compliance.passwords
    if chosen.config_recorder == "leave":
        return None
    with_global = chosen.config_global_types == "create"
    recorder = (
        Recorder(scope, "Recorder", key=key, global_types=with_global) if chosen.config_recorder == "create" else None
    )
    ConformancePack(
        scope,
        "Soc2",
        name=f"alex-{settings.name}-soc2",
        rules=in_region(with_global=with_global),
        recorder=recorder,
    )
    policy = PasswordPolicy(passwords.min_length, passwords.max_age_days, passwords.remembered)
    names = {
        "s3_account_block": chosen.s3_account_block,
        "ebs_encryption": chosen.ebs_encryption,
        "password_policy": chosen.password_policy,
        "inspector": chosen.inspector,
    }
    AccountSettings(
        scope,
        "AccountSettings",
        kept=[name for name, choice in names.items() if choice == "create"],
        judged=[name for name, choice in names.items() if choice == "adopt"],
        name=f"alex-{settings.name}",
        passwords=policy,
        key=key,
        recorder=recorder,
    )
    return recorder
