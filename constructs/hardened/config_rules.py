"""What AWS Config judges: AWS's managed rules, each with the SOC 2 criteria that it serves (COMP-03).

Each rule is named once. Those whose breach is repaired at once stand in `account_settings`; these are judged only,
because a repair could break what works: encrypting a table, closing a port and turning a key are a person's decisions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

EVERYWHERE, GLOBAL = "everywhere", "global"


@dataclass(frozen=True)
class ManagedRule:
    """A managed rule of AWS.

    :param identifier: AWS's name of it.
    :param holds: what is true when it is kept, with our requirement.
    :param criteria: SOC 2 criteria that it is evidence for.
    :param parameters: its input, by AWS's names.
    :param reach: ``global`` rules judge what an account has once, so one region judges it.
    """

    identifier: str
    holds: str
    criteria: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    reach: str = EVERYWHERE

    @property
    def name(self) -> str:
        """The rule's name in our account, for example ``alex-s3-bucket-versioning-enabled``."""
        return f"alex-{self.identifier.lower().replace('_', '-')}"

    @property
    def description(self) -> str:
        """For people who see the rule in the console: criteria, then what it holds. At most 256 characters."""
        return f"{', '.join(self.criteria)}: {self.holds}"


def _rule(identifier: str, holds: str, *criteria: str, reach: str = EVERYWHERE, **parameters: str) -> ManagedRule:
    return ManagedRule(identifier, holds, criteria, parameters, reach)


SOC2_RULES: tuple[ManagedRule, ...] = (
    # Who gets in
    _rule("IAM_ROOT_ACCESS_KEY_CHECK", "the root user has no access key (IAM-03)", "CC6.1", "CC6.3", reach=GLOBAL),
    _rule("ROOT_ACCOUNT_MFA_ENABLED", "the root user needs a second factor (IAM-03)", "CC6.1", reach=GLOBAL),
    _rule("IAM_USER_MFA_ENABLED", "users need a second factor (IAM-02)", "CC6.1", reach=GLOBAL),
    _rule("MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", "so does the console (IAM-02)", "CC6.1", reach=GLOBAL),
    _rule("IAM_USER_NO_POLICIES_CHECK", "users get rights through groups only (IAM-05)", "CC6.3", reach=GLOBAL),
    _rule(
        "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS",
        "no policy of ours allows everything (IAM-05)",
        "CC6.1",
        "CC6.3",
        reach=GLOBAL,
    ),
    _rule("ACCESS_KEYS_ROTATED", "access keys change (IAM-01)", "CC6.1", reach=GLOBAL, maxAccessKeyAge="90"),
    _rule(
        "IAM_USER_UNUSED_CREDENTIALS_CHECK",
        "what nobody uses is taken away (IAM-09)",
        "CC6.2",
        "CC6.3",
        reach=GLOBAL,
        maxCredentialUsageAge="90",
    ),
    # What is encrypted, and with whose key
    _rule("S3_DEFAULT_ENCRYPTION_KMS", "buckets use customer keys (SEC-09)", "CC6.1", "C1.1"),
    _rule("RDS_STORAGE_ENCRYPTED", "databases are encrypted (SEC-12)", "CC6.1", "C1.1"),
    _rule("RDS_SNAPSHOT_ENCRYPTED", "so are their snapshots (SEC-12)", "CC6.1", "C1.1"),
    _rule("DYNAMODB_TABLE_ENCRYPTED_KMS", "tables use customer keys (SEC-11)", "CC6.1", "C1.1"),
    _rule("CLOUDWATCH_LOG_GROUP_ENCRYPTED", "log groups use customer keys (SEC-09)", "CC6.1", "C1.1"),
    _rule("SNS_ENCRYPTED_KMS", "topics are encrypted (SEC-09)", "CC6.1"),
    _rule("BACKUP_RECOVERY_POINT_ENCRYPTED", "recovery points are encrypted (DR-02)", "CC6.1", "A1.2"),
    _rule("CMK_BACKING_KEY_ROTATION_ENABLED", "keys rotate (SEC-06)", "CC6.1"),
    _rule("KMS_CMK_NOT_SCHEDULED_FOR_DELETION", "no key is about to be destroyed (SEC-06)", "CC6.1", "A1.2"),
    _rule("SECRETSMANAGER_ROTATION_ENABLED_CHECK", "secrets rotate (SEC-15)", "CC6.1"),
    _rule("SECRETSMANAGER_SCHEDULED_ROTATION_SUCCESS_CHECK", "and the rotation works (SEC-15)", "CC6.1"),
    _rule("SECRETSMANAGER_USING_CMK", "secrets use customer keys (SEC-13)", "CC6.1"),
    # What the world can reach
    _rule("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", "each bucket blocks the public too (SEC-07)", "CC6.1", "CC6.6"),
    _rule("S3_BUCKET_SSL_REQUESTS_ONLY", "buckets refuse plain HTTP (SEC-09)", "CC6.7"),
    _rule("RDS_INSTANCE_PUBLIC_ACCESS_CHECK", "databases have no public address (DATA-01)", "CC6.6", "C1.1"),
    _rule("RDS_SNAPSHOTS_PUBLIC_PROHIBITED", "nor public snapshots (DATA-01)", "CC6.6", "C1.1"),
    _rule("EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK", "nor have volumes (SEC-08)", "CC6.6", "C1.1"),
    _rule("LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED", "nobody outside invokes functions (IAM-06)", "CC6.1", "CC6.6"),
    _rule("SSM_DOCUMENT_NOT_PUBLIC", "automation is not shared (IAM-05)", "CC6.6"),
    _rule("VPC_DEFAULT_SECURITY_GROUP_CLOSED", "the default security group lets nothing through (NET-04)", "CC6.6"),
    _rule("INCOMING_SSH_DISABLED", "nobody opens SSH to the world (NET-04)", "CC6.6"),
    _rule("NACL_NO_UNRESTRICTED_SSH_RDP", "nor does a network ACL (NET-05)", "CC6.6"),
    _rule("API_GW_ASSOCIATED_WITH_WAF", "a web ACL stands before the API (SEC-01)", "CC6.6"),
    # What is watched
    _rule("CLOUD_TRAIL_ENABLED", "the audit trail is on (COMP-02)", "CC7.2"),
    _rule("MULTI_REGION_CLOUD_TRAIL_ENABLED", "in every region (COMP-02)", "CC7.2"),
    _rule("CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", "its files prove themselves (COMP-02)", "CC7.2", "PI1.5"),
    _rule("CLOUD_TRAIL_ENCRYPTION_ENABLED", "with our key (COMP-02)", "CC6.1", "CC7.2"),
    _rule("CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED", "and can be searched (COMP-02)", "CC7.2", "CC7.3"),
    _rule("GUARDDUTY_ENABLED_CENTRALIZED", "threats are looked for (SEC-05)", "CC6.8", "CC7.2"),
    _rule(
        "GUARDDUTY_NON_ARCHIVED_FINDINGS",
        "and answered in time (SEC-21)",
        "CC7.3",
        "CC7.4",
        daysHighSev="1",
        daysMediumSev="7",
        daysLowSev="30",
    ),
    _rule("SECURITYHUB_ENABLED", "findings are gathered (COMP-04)", "CC4.1", "CC7.1"),
    _rule("VPC_FLOW_LOGS_ENABLED", "flows are recorded (NET-06)", "CC7.2"),
    _rule("S3_BUCKET_LOGGING_ENABLED", "reads of buckets are recorded (COMP-06)", "CC7.2"),
    _rule("API_GW_EXECUTION_LOGGING_ENABLED", "requests are recorded (API-02)", "CC7.2"),
    _rule("WAFV2_LOGGING_ENABLED", "so is what the web ACL decides (SEC-01)", "CC7.2"),
    # What comes back after a loss
    _rule("S3_BUCKET_VERSIONING_ENABLED", "buckets keep versions (SEC-10)", "A1.2", "PI1.5"),
    _rule("DYNAMODB_PITR_ENABLED", "tables can be restored to any second (DR-04)", "A1.2"),
    _rule("DYNAMODB_IN_BACKUP_PLAN", "and are backed up (DR-02)", "A1.2"),
    _rule("RDS_IN_BACKUP_PLAN", "so are databases (DR-02)", "A1.2"),
    _rule("RDS_CLUSTER_DELETION_PROTECTION_ENABLED", "nobody deletes a database by mistake (DATA-01)", "A1.2"),
    _rule("BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED", "nor its recovery points (DR-02)", "A1.2"),
)
"""What the conformance pack holds, by theme."""


def in_region(*, with_global: bool) -> tuple[ManagedRule, ...]:
    """The rules of a region; those that judge what the account has once only where ``with_global``."""
    return tuple(rule for rule in SOC2_RULES if with_global or rule.reach == EVERYWHERE)
