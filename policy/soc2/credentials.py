"""What a secret looks like in a template: by its name, by its shape, and by the property that takes it.

Decision: a name decides what a value is, because a template shows no entropy worth trusting: PASSWORD, SECRET, TOKEN,
API_KEY and their like name a secret, unless the last word tells what else it is (SECRET_ARN, TOKEN_TTL). Values are
judged besides by the few shapes that are credentials without doubt.
"""

import re
from itertools import pairwise
from typing import Any

from soc2.assembly import Assembly
from soc2.values import references_of, some

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a type

ATTRIBUTES = {
    "AWS::AppSync::ApiKey": "ApiKey",
    "AWS::Cognito::UserPoolClient": "ClientSecret",
    "AWS::IAM::AccessKey": "SecretAccessKey",
}
"""Attributes whose value is a credential; ``Ref`` of a secret is its ARN only."""

PASSWORDS = {
    "AWS::AmazonMQ::Broker": ("Users.*.Password",),
    "AWS::Amplify::App": ("AccessToken", "OauthToken"),
    "AWS::ApiGateway::ApiKey": ("Value",),
    "AWS::CodeBuild::SourceCredential": ("Token",),
    "AWS::CodePipeline::Webhook": ("AuthenticationConfiguration.SecretToken",),
    "AWS::Cognito::UserPoolIdentityProvider": ("ProviderDetails.client_secret",),
    "AWS::DMS::Endpoint": ("Password",),
    "AWS::DirectoryService::MicrosoftAD": ("Password",),
    "AWS::DirectoryService::SimpleAD": ("Password",),
    "AWS::DocDB::DBCluster": ("MasterUserPassword",),
    "AWS::DocDBElastic::Cluster": ("AdminUserPassword",),
    "AWS::ElastiCache::ReplicationGroup": ("AuthToken",),
    "AWS::ElastiCache::User": ("Passwords.*", "AuthenticationMode.Passwords.*"),
    "AWS::Elasticsearch::Domain": ("AdvancedSecurityOptions.MasterUserOptions.MasterUserPassword",),
    "AWS::Events::Connection": (
        "AuthParameters.ApiKeyAuthParameters.ApiKeyValue",
        "AuthParameters.BasicAuthParameters.Password",
        "AuthParameters.OAuthParameters.ClientParameters.ClientSecret",
    ),
    "AWS::FSx::FileSystem": ("WindowsConfiguration.SelfManagedActiveDirectoryConfiguration.Password",),
    "AWS::Glue::Connection": ("ConnectionInput.ConnectionProperties.PASSWORD",),
    "AWS::IAM::User": ("LoginProfile.Password",),
    "AWS::MemoryDB::User": ("AuthenticationMode.Passwords.*",),
    "AWS::OpenSearchService::Domain": ("AdvancedSecurityOptions.MasterUserOptions.MasterUserPassword",),
    "AWS::RDS::DBCluster": ("MasterUserPassword",),
    "AWS::RDS::DBInstance": ("MasterUserPassword",),
    "AWS::Redshift::Cluster": ("MasterUserPassword",),
    "AWS::RedshiftServerless::Namespace": ("AdminUserPassword",),
    SECRET: ("SecretString",),
}
"""Where types take a secret; see `soc2.reading.values_at` for the notation."""

SHAPES = {
    "an AWS access key": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a GitHub token": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22})",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10}",
    "a payment provider's key": r"\b[rs]k_live_[A-Za-z0-9]{16}",
    "a model provider's key": r"\bsk-[A-Za-z0-9_-]{20}",
    "a Google key": r"\bAIza[A-Za-z0-9_-]{35}",
    "a signed token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
    "an address with a password": r"://[^/\s:@]+:[^/\s@$]+@",
}
RESOLVED = "the value of a secret"

_RESOLVED = re.compile(r"\{\{resolve:(secretsmanager|ssm-secure):")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_WORD = re.compile(r"(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|APIKEY|CREDENTIALS?)$")
_SECRET_KEYS = ("API", "ACCESS", "PRIVATE", "SIGNING", "LICENCE", "LICENSE")
_DESCRIPTIVE = re.compile(
    "ALGORITHM|ARNS?|AUDIENCE|BUDGET|CLAIM|COUNT|DAYS|ENABLED|ENDPOINT|EXPIRATION|EXPIRY|FIELD|HEADER|HOURS|IDS?|"
    "ISSUER|LENGTH|LIFETIME|LIMIT|MINUTES|NAMES?|PARAMETER|PATH|POLICY|PREFIX|PRICE|REGION|REQUIRED|ROTATION|SCOPE|"
    "SECONDS|SIZE|STACKS?|STAGE|TABLE|TTL|TYPE|URI|URL|USE|VALIDITY|VERSION"
)
_HARMLESS = re.compile(
    r"(?i:|true|false|yes|no|none|null|on|off|enabled|disabled|required|optional|auto|arn:.*|https?://.*)"
    r"|/?[a-z0-9][a-z0-9_.-]*(/[a-z0-9_.-]+)+|.*\$\{AWS::.*"
)
"""Switches, ARNs, addresses, names in a path, names made from the stack's: no secret reads like these."""


def names_secret(name: str) -> bool:
    """Whether a variable or parameter of this name holds a secret."""
    words = [word.upper() for word in _WORD.findall(name)]
    if not words or _DESCRIPTIVE.fullmatch(words[-1]):
        return False
    keys = any(first in _SECRET_KEYS and second == "KEY" for first, second in pairwise(words))
    return keys or any(_SECRET_WORD.search(word) for word in words)


def revealed(value: Any, assembly: Assembly) -> str:
    """Which secret a value shows to everybody who may read it, in words that do not quote it; empty: none.

    :raises Undecided: the value is unknown.
    """
    text = str(value)
    if _RESOLVED.search(text):
        return RESOLVED
    for key in references_of(value):
        resource = assembly.find(key)
        attribute = ATTRIBUTES.get(resource.type) if resource else None
        if attribute and f"{key[1]}.{attribute}" in text:
            return f"{attribute} of {key[1]}"
    return next((what for what, shape in SHAPES.items() if re.search(shape, text)), "")


def is_fetched(value: Any, assembly: Assembly) -> bool:
    """Whether a secret comes from where it is kept, at deployment, and so cannot be read from the template.

    :raises Undecided: the value is unknown.
    """
    return revealed(value, assembly).startswith((RESOLVED, *(f"{attribute} of" for attribute in ATTRIBUTES.values())))


def is_written_secret(name: str, value: Any, assembly: Assembly) -> bool:
    """Whether the name promises a secret and the value is written out: no reference, and no name of a secret.

    :raises Undecided: the value is unknown.
    """
    text = str(value)
    if not names_secret(name) or references_of(value) or _RESOLVED.search(text) or _HARMLESS.fullmatch(text):
        return False
    if "TOKEN" in name.upper() and re.fullmatch(r"[\d.]+", text):  # a number of tokens
        return False
    return not some(lambda secret: bool(secret.get("Name") == text), assembly.of_type(SECRET))
