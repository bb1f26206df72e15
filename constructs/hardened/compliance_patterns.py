"""What is a compliance event: findings of AWS's services, and deeds that the trail tells of, as event patterns."""

from typing import Any

API_CALL, SIGN_IN = "AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"
HUB = "Security Hub Findings - Imported"

ROOT: dict[str, Any] = {
    "detail-type": [API_CALL, SIGN_IN],
    # Not what AWS's own services do on root's behalf (CIS benchmark, "root account usage").
    "detail": {
        "userIdentity": {"type": ["Root"], "invokedBy": [{"exists": False}]},
        "eventType": [{"anything-but": ["AwsServiceEvent"]}],
    },
}
SWITCHED_OFF: dict[str, Any] = {
    "detail-type": [API_CALL],
    "detail": {
        "eventName": [
            "StopLogging",
            "DeleteTrail",
            "UpdateTrail",
            "PutEventSelectors",
            "StopConfigurationRecorder",
            "DeleteConfigurationRecorder",
            "DeleteDeliveryChannel",
            "DeleteConformancePack",
            "DeleteDetector",
            "DisableSecurityHub",
            "DeleteAnalyzer",
            "DisableMacie",
        ]
    },
}
POLICY_CHANGED: dict[str, Any] = {
    "source": ["aws.iam"],
    "detail-type": [API_CALL],
    "detail": {
        "eventName": [
            "AttachRolePolicy",
            "AttachUserPolicy",
            "AttachGroupPolicy",
            "PutRolePolicy",
            "PutUserPolicy",
            "PutGroupPolicy",
            "CreatePolicyVersion",
            "DeleteRolePermissionsBoundary",
            "UpdateAssumeRolePolicy",
        ],
        # A deployment changes policies all the time, and was reviewed.
        "sourceIPAddress": [{"anything-but": ["cloudformation.amazonaws.com"]}],
    },
}

COLLECTED: dict[str, dict[str, Any]] = {
    "Findings": {
        "source": [
            "aws.guardduty",
            "aws.securityhub",
            "aws.config",
            "aws.macie",
            "aws.inspector2",
            "aws.access-analyzer",
        ],
        "detail-type": [
            "GuardDuty Finding",
            HUB,
            "Config Rules Compliance Change",
            "Macie Finding",
            "Inspector2 Finding",
            "Access Analyzer Finding",
            "Unused Access Finding for IAM entities",
        ],
    },
    "Root": ROOT,
    "SwitchedOff": SWITCHED_OFF,
    "PolicyChanged": POLICY_CHANGED,
}
"""What is taken from the account's default bus, as event patterns."""
