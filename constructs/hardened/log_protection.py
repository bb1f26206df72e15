"""Masks over personal data and keys in log groups (OBS-01, OBS-26).

Decisions:
- The masks are the second line: the code that writes logs names nobody, and tests hold it to that. What they find is
  therefore a fault of the code, and raises an alarm (`hardened.log_findings`).
- CloudWatch Logs masks what it recognises, with characters of the same number, wherever an event leaves it: queries,
  metric filters, and the archive's copy. Only ``logs:Unmask`` sees behind it, which no role here is granted.
- Chosen are identifiers of what an investor may type or a driver may print. Not chosen: IP addresses, by which attacks
  are followed, and names, which are guessed from any two capitalised words and would mask an agent's own.
"""

from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_logs as logs

IDENTIFIERS = (
    "EmailAddress",
    "Address",
    "PhoneNumber-US",
    "Ssn-US",
    "IndividualTaxIdentificationNumber-US",
    "PassportNumber-US",
    "DriversLicense-US",
    "BankAccountNumber-US",
    "CreditCardNumber",
    "CreditCardSecurityCode",
    "AwsSecretKey",
    "OpenSshPrivateKey",
    "PkcsPrivateKey",
)
"""AWS's managed data identifiers; most want a word like "phone" or "account" near the number."""


def protection(findings: logs.ILogGroup | None) -> dict[str, Any]:
    """The data-protection policy of a log group: audit, then mask; both must name the same identifiers."""
    found = [f"arn:{Aws.PARTITION}:dataprotection::aws:data-identifier/{name}" for name in IDENTIFIERS]
    told = {"CloudWatchLogs": {"LogGroup": findings.log_group_name}} if findings else {}
    return {
        "Name": "personal-data",
        "Description": "Masks personal data and keys that should not have been logged",
        "Version": "2021-06-01",
        "Statement": [
            {
                "Sid": "audit",
                "DataIdentifier": found,
                "Operation": {"Audit": {"FindingsDestination": told}},
            },
            {
                "Sid": "mask",
                "DataIdentifier": found,
                "Operation": {"Deidentify": {"MaskConfig": {}}},
            },
        ],
    }
