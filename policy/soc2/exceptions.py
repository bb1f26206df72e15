"""The rules that are switched off by name: fewer than ten, each contradicts the design, each says what covers its
intent.

Everything else that is accepted is one finding on one construct (`hardened.acknowledge`), in the code that causes it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class SwitchedOff:
    """A rule of a pack that is not applied.

    :param rule: namespaced id, for example ``NIST.800.53.R5::NIST.800.53.R5-IAMNoInlinePolicy``.
    :param reason: why it contradicts the design.
    :param covered_by: what holds the rule's intent instead.
    """

    rule: str
    reason: str
    covered_by: str


SWITCHED_OFF: tuple[SwitchedOff, ...] = (
    SwitchedOff(
        "NIST.800.53.R5::NIST.800.53.R5-IAMNoInlinePolicy",
        "Each function has one role with exactly its own grants; a policy that belongs to one role is safest inside "
        "that role, where nobody can attach it to another.",
        "AwsSolutions-IAM4 and IAM5 judge the same statements, and the snapshot of who can do what shows every one of "
        "them.",
    ),
    SwitchedOff(
        "NIST.800.53.R5::NIST.800.53.R5-S3BucketReplicationEnabled",
        "Buckets hold logs and reports of one region; a copy in a second region doubles what a leak can reach. What "
        "must survive a region is copied as recovery points: the database and all tables (DR-02).",
        "Against deletion: versioning on every bucket, Object Lock on the archives. Against the loss of a region: "
        "copies of every recovery point in the recovery region's locked vault.",
    ),
    SwitchedOff(
        "AwsSolutions::AwsSolutions-VPC3",
        "The rule wants no network ACLs; NET-05 asks for them as a second, stateless layer for each subnet tier.",
        "A static simulation over routes, security groups and ACLs proves what can reach what, and what cannot.",
    ),
    SwitchedOff(
        "NIST.800.53.R5::NIST.800.53.R5-LambdaDLQ",
        "A dead-letter queue receives failed asynchronous invocations only; most functions are called and waited for, "
        "and their caller sees the failure.",
        "A test demands a dead-letter queue of every function that a schedule or an event invokes (AGENT-13).",
    ),
    SwitchedOff(
        "Serverless::Serverless-LambdaDLQ",
        "The same wish as NIST's rule of that name.",
        "The same test as for NIST's rule of that name.",
    ),
    SwitchedOff(
        "NIST.800.53.R5::NIST.800.53.R5-LambdaConcurrency",
        "Reserving executions for each function takes them from all others of the account; the sources reserve them "
        "for the planner only (AGENT-04).",
        "The planner's reservation, the API's throttles and per-user limits, and an alarm on throttled executions.",
    ),
    SwitchedOff(
        "AwsSolutions::AwsSolutions-L1",
        "The rule wants the newest runtime that CDK knows; the runtime is one setting (CONF-10) that moves when the "
        "pinned libraries have wheels for it and the tests ran on it.",
        "The settings allow supported runtimes only, one for all functions, so that an upgrade is one reviewed change.",
    ),
    SwitchedOff(
        "Serverless::Serverless-LambdaLatestVersion",
        "The same wish as AwsSolutions-L1.",
        "The same setting as for AwsSolutions-L1.",
    ),
    SwitchedOff(
        "AwsSolutions::AwsSolutions-COG4",
        "The rule wants Cognito's authorizer on every method; AUTH-05 asks for an authorizer that trusts several "
        "issuers.",
        "AwsSolutions-APIG4 asks for an authorizer on every method; the tests of the authorizer refuse every broken "
        "token.",
    ),
)
