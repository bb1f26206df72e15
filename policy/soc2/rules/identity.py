"""Users' identities: how they prove themselves, and what a stolen password or token is good for (AUTH-03, AUTH-05)."""

from collections.abc import Callable
from typing import Any

from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import Resource
from soc2.values import is_true, items, number, shown, some

POOL = "AWS::Cognito::UserPool"
SHORTEST_PASSWORD = 14
"""Characters; the figure of IAM-01 for the account's own users."""

KINDS = ("RequireLowercase", "RequireUppercase", "RequireNumbers", "RequireSymbols")
LONGEST_TOKEN = 60
"""Minutes for which an access token is good at most (AUTH-03)."""

_MINUTES = {"seconds": 1 / 60, "minutes": 1.0, "hours": 60.0, "days": 24 * 60.0}
_PASSWORD_FLOWS = ("USER_PASSWORD_AUTH", "ALLOW_USER_PASSWORD_AUTH")


@rule(
    "SOC2-COGNITO-MFA",
    "Users prove themselves with a second factor",
    on=POOL,
    criteria=("CC6.1", "CC6.2"),
    severity=Severity.HIGH,
    fix="set MfaConfiguration to ON (CDK: mfa=Mfa.REQUIRED)",
    requirements=("AUTH-05",),
)
def second_factor(pool: Resource) -> Findings:
    """Demanded in production; an optional factor protects those only who would not need it."""
    state = pool.get("MfaConfiguration", default="OFF")
    if state == "ON":
        return
    if not pool.assembly.profile.production:
        raise NotApplicable("a second factor is demanded in production only")
    yield Broken(f"MfaConfiguration is {shown(state)}", at="MfaConfiguration")


@rule(
    "SOC2-COGNITO-PASSWORD",
    f"Passwords have {SHORTEST_PASSWORD} characters or more, of all kinds",
    on=POOL,
    criteria=("CC6.1", "CC6.2"),
    severity=Severity.MEDIUM,
    fix="set Policies.PasswordPolicy (CDK: password_policy=PasswordPolicy(min_length=14, require_digits=True, ...))",
    requirements=("AUTH-05", "IAM-01"),
)
def password(pool: Resource) -> Findings:
    """What the policy leaves out is Cognito's default, which is weaker."""
    where = "Policies.PasswordPolicy"

    def judge(name: str) -> Findings:
        value = pool.get("Policies", "PasswordPolicy", name)
        strong = number(value) >= SHORTEST_PASSWORD if name == "MinimumLength" else is_true(value)
        if not strong:
            yield Broken(f"{name} is {shown(value)}", at=f"{where}.{name}", detail=name)

    yield from each(judge, ("MinimumLength", *KINDS))


@rule(
    "SOC2-COGNITO-SIGNUP",
    "Nobody signs up unseen: administrators create users, or addresses are verified",
    on=POOL,
    criteria=("CC6.2",),
    severity=Severity.MEDIUM,
    fix="set AdminCreateUserConfig.AllowAdminCreateUserOnly, or AutoVerifiedAttributes "
    "(CDK: self_sign_up_enabled=False, or auto_verify=AutoVerifiedAttrs(email=True))",
    requirements=("AUTH-05",),
)
def sign_up(pool: Resource) -> Findings:
    """An address that nobody verified identifies nobody."""
    ways: tuple[Callable[[], bool], ...] = (
        lambda: is_true(pool.get("AdminCreateUserConfig", "AllowAdminCreateUserOnly")),
        lambda: some(_is_verifiable, items(pool.get("AutoVerifiedAttributes"))),
    )
    if not some(lambda way: way(), ways):
        yield Broken("everybody may sign up, and no address is verified", at="AdminCreateUserConfig")


def _is_verifiable(attribute: Any) -> bool:
    return attribute in ("email", "phone_number")


@rule(
    "SOC2-COGNITO-THREAT",
    "User pools refuse compromised passwords and risky sign-ins",
    on=POOL,
    criteria=("CC6.1", "CC6.8", "CC7.2"),
    severity=Severity.MEDIUM,
    fix="set UserPoolAddOns.AdvancedSecurityMode to ENFORCED, with UserPoolTier PLUS "
    "(CDK: standard_threat_protection_mode=StandardThreatProtectionMode.FULL_FUNCTION)",
    requirements=("AUTH-05",),
)
def threat_protection(pool: Resource) -> Findings:
    """AUDIT reports a risky sign-in and lets it in. It is paid for by user, so production has it."""
    if not pool.assembly.profile.production:
        raise NotApplicable("threat protection is demanded in production only")
    mode = pool.get("UserPoolAddOns", "AdvancedSecurityMode")
    if mode != "ENFORCED":
        yield Broken(f"AdvancedSecurityMode is {shown(mode)}", at="UserPoolAddOns.AdvancedSecurityMode")


@rule(
    "SOC2-COGNITO-CLIENT",
    "Clients of user pools never see passwords, and their tokens are short-lived and can be revoked",
    on="AWS::Cognito::UserPoolClient",
    criteria=("CC6.1", "CC6.2", "CC6.3"),
    severity=Severity.HIGH,
    fix="flows: code and SRP; EnableTokenRevocation true; PreventUserExistenceErrors ENABLED; AccessTokenValidity of "
    "60 minutes at most (CDK: auth_flows, o_auth, enable_token_revocation, prevent_user_existence_errors)",
    requirements=("AUTH-03", "AUTH-05"),
)
def client(found: Resource) -> Findings:
    """One finding for each property. What is not said is Cognito's default: revocable, 60 minutes, errors that tell."""

    def judge(fault: tuple[str, Callable[[Resource], bool]]) -> Findings:
        name, is_broken = fault
        if is_broken(found):
            yield Broken(f"{name} is {shown(found.get(name))}", at=name, detail=name)

    yield from each(judge, _FAULTS.items())


def _lives_too_long(found: Resource) -> bool:
    validity = number(found.get("AccessTokenValidity"))
    unit = str(found.get("TokenValidityUnits", "AccessToken", default="hours"))
    return validity * _MINUTES[unit] > LONGEST_TOKEN


_FAULTS: dict[str, Callable[[Resource], bool]] = {
    "AllowedOAuthFlows": lambda found: some(
        lambda flow: bool(flow == "implicit"), items(found.get("AllowedOAuthFlows"))
    ),
    "ExplicitAuthFlows": lambda found: some(
        lambda flow: flow in _PASSWORD_FLOWS, items(found.get("ExplicitAuthFlows"))
    ),
    "EnableTokenRevocation": lambda found: not is_true(found.get("EnableTokenRevocation", default=True)),
    "PreventUserExistenceErrors": lambda found: bool(found.get("PreventUserExistenceErrors") != "ENABLED"),
    "AccessTokenValidity": _lives_too_long,
}


@rule(
    "SOC2-COGNITO-DELETE",
    "User pools are protected against deletion",
    on=POOL,
    criteria=("A1.2",),
    severity=Severity.MEDIUM,
    fix="set DeletionProtection to ACTIVE (CDK: deletion_protection=True)",
    requirements=("AUTH-05",),
)
def deletion(pool: Resource) -> Findings:
    """Accounts of users cannot be restored."""
    if not pool.assembly.profile.production:
        raise NotApplicable("outside production user pools may be deleted")
    state = pool.get("DeletionProtection")
    if state != "ACTIVE":
        yield Broken(f"DeletionProtection is {shown(state)}", at="DeletionProtection")
