"""Who was kept out, what AWS found, and whether what protects us works (COMP-07).

Findings have no metric of their own: GuardDuty, Security Hub and Config send events, and the rules that listen for
them count what they matched. That count is what is drawn.
"""

from hardened.dashboards import Line, Panel, Section
from hardened.functions import NAMESPACE
from stacks.dashboards.view import BILLING_REGION, View, acl_line, function_line, words

ABOUT = "**Security** - for security and compliance: who was kept out, what was found, does the protection work?"

# Metrics of filters that the section on access shows; the section on findings has all others.
ACCESS = ("api-unauthorized", "api-forbidden", "database-refused")


def sections(view: View) -> list[Section]:
    """The dashboard ``security``."""
    return [_findings(view), _edge(view), _access(view), _models(view), _records(view)]


def _findings(view: View) -> Section:
    def matched(metric: str) -> tuple[Line, ...]:
        return tuple(
            Line(namespace="AWS/Events", metric=metric, dimensions=dimensions, label=words(path.split("/")[-1]))
            for path, dimensions in view.found.events.items()
        )

    return Section(
        title="Findings and violations",
        about="Grave findings of GuardDuty and Security Hub, resources that broke a rule of Config, use of the root "
        "user: one event each; what the audit trail's filters counted.",
        panels=[
            Panel(
                title="Events that a person is told of",
                unit="events",
                runbook="incident-security",
                lines=matched("MatchedEvents"),
                stacked=True,
            ),
            Panel(
                title="Events that reached nobody",
                unit="events",
                runbook="dead-letters",
                lines=matched("FailedInvocations"),
            ),
            Panel(
                title="Seen in logs and the audit trail",
                unit="events",
                runbook="incident-security",
                lines=view.counted(without=ACCESS),
                stacked=True,
            ),
            Panel(
                title="Violations repaired and reported by the baseline itself",
                unit="violations",
                runbook="compliance-violations",
                lines=tuple(_remediation(view, metric) for metric in ("ComplianceRepairs", "ComplianceReports")),
            ),
        ],
    )


def _remediation(view: View, metric: str) -> Line:
    """A metric of the audit baseline's function, which stands alone: known by name, not found in the tree."""
    name = "remediation"
    dimensions = {"Environment": view.settings.name, "Service": name, "Agent": name}
    return Line(namespace=NAMESPACE, metric=metric, dimensions=dimensions, label=words(metric))


def _edge(view: View) -> Section:
    region = view.settings.region
    panels = []
    for acl in view.found.acls:
        where = "" if acl.regional else BILLING_REGION
        kinds = (("AllowedRequests", "allowed"), ("BlockedRequests", "blocked"), ("CountedRequests", "only counted"))
        answered = tuple(acl_line(acl, metric, "ALL", region, label) for metric, label in kinds)
        panels.append(
            Panel(
                title=f"Requests at {acl.metric}",
                unit="requests",
                runbook="waf-blocked-surge",
                lines=answered,
                region=where,
            )
        )
        for metric, title in (("BlockedRequests", "Blocked by rule"), ("CountedRequests", "Only counted, by rule")):
            lines = tuple(acl_line(acl, metric, rule, region, _rule(rule)) for rule in acl.rules)
            panels.append(
                Panel(
                    title=f"{title} at {acl.metric}",
                    unit="requests",
                    runbook="waf-blocked-surge",
                    lines=lines,
                    stacked=True,
                    region=where,
                )
            )
    return Section(title="Web ACL", about="What the firewall let through, refused, and would refuse.", panels=panels)


def _rule(metric: str) -> str:
    return words(metric.removeprefix("AWSManagedRules").removesuffix("RuleSet"))


def _access(view: View) -> Section:
    return Section(
        title="Access",
        about="401: no valid token. 403: a valid one, without the right. A wave of either is somebody trying doors.",
        panels=[
            Panel(
                title="Calls refused for their token or rights",
                unit="requests",
                runbook="api-refused",
                lines=view.counted("api-unauthorized", "api-forbidden"),
            ),
            Panel(
                title="Sign-ins",
                unit="sign-ins",
                runbook="api-refused",
                lines=(
                    *view.sign_ins("SampleCount", "tried"),
                    *view.sign_ins("Sum", "succeeded"),
                ),
            ),
            Panel(
                title="Database connections refused",
                unit="connections",
                runbook="database-refused-connections",
                lines=view.counted("database-refused"),
            ),
        ],
    )


def _models(view: View) -> Section:
    return Section(
        title="Models' guardrails",
        about="Answers or questions that a guardrail stopped, and models that an agent was not allowed to ask.",
        panels=[
            Panel(
                title="Stopped by a guardrail",
                unit="answers",
                runbook="guardrail-blocks",
                lines=view.by_agent("GuardrailBlocks"),
            ),
            Panel(
                title="Models not allowed",
                unit="calls",
                runbook="models-failing",
                lines=view.by_agent("ModelAccessDenied"),
            ),
        ],
    )


def _records(view: View) -> Section:
    rotating = [
        function_line(rotation.function, metric, "Sum", f"{name} {word}")
        for name, rotation in view.found.rotations.items()
        for metric, word in (("Invocations", "steps"), ("Errors", "failed steps"))
    ]
    return Section(
        title="Records, secrets, alerts",
        about="Keys rotate inside KMS, which has no metric for it: a key that does not breaks a rule of Config, above.",
        panels=[
            Panel(
                title="Audit entries changed or forged",
                unit="entries",
                runbook="audit-tampered",
                lines=view.own("AuditTampered", "archiver", label="tampered"),
            ),
            Panel(
                title="Audit entries kept",
                unit="entries",
                runbook="stream-behind",
                lines=view.own("AuditEntriesArchived", "archiver", label="archived"),
            ),
            Panel(title="Rotation of secrets", unit="invocations", runbook="rotation-failed", lines=tuple(rotating)),
            Panel(
                title="Alerts sent", unit="messages", runbook="README", lines=view.topics("NumberOfMessagesPublished")
            ),
            Panel(
                title="Alerts that could not be delivered",
                unit="messages",
                runbook="dead-letters",
                lines=view.topics("NumberOfNotificationsFailed"),
            ),
        ],
    )
