"""One page an incident: a composite alarm for each domain (OBS-17).

Decision, and why:
- When a database refuses connections, a dozen functions fail, queues grow and the API answers 500. Thirty messages at
  night hide the one that matters. So a critical alarm of a domain pages nobody: the domain's composite alarm does,
  once, when the first of its members goes off, and says all is well when the last one is. Its message names the members
  that went off.
- Members tell the warning topic, so that what follows the first is written down, and nothing is lost if a composite is
  ever missing or switched off. Warnings are in no composite: they page nobody anyway.
- Domains are what one team looks at together, and not one for all: a second, unrelated incident must page again.
- What rests on the database is suppressed while the database's incident lasts, and pages after it if it is still wrong.
  ``WAIT`` is how long such a page may be held back for the cause to show itself; no longer, because it delays every
  page of these domains. Models suppress nothing: their failures become fallbacks, not errors.
- Some alarms page by themselves, with no domain: tampering with the audit trail and alerts that cannot be delivered
  must never hide behind another incident.
- Members stand in the rule by name, not by ARN, so that nothing is exported from stack to stack; they are made before.
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from hardened.topics import Alerts, Domain

WAIT = Duration.minutes(2)
AFTERWARDS = Duration.minutes(5)
"""For so long after the cause is mended its followers may still be wrong without a page."""

RESTS_ON = {Domain.API: Domain.DATABASE, Domain.ANALYSIS: Domain.DATABASE}
"""Whose incident explains this domain's."""

WHAT = {
    Domain.API: "The API fails or is slow for clients",
    Domain.ANALYSIS: "Analyses fail, hang or are lost",
    Domain.DATABASE: "The database refuses connections, or what keeps it in order fails",
    Domain.MODELS: "The models fail, or cost more than a day may",
    Domain.SECURITY: "The account breaks its own rules, or its security alerts do not arrive",
    Domain.PLATFORM: "What keeps the platform safe behind the scenes fails",
}


class PageOnce(Construct):
    """The composite alarms of all domains for which critical alarms were made with ``alerts``.

    Made last: what is made with the same topics afterwards is refused.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, alerts: Alerts) -> None:
        """Make them; ``name`` as people know the environment, for example ``alex-prod``."""
        super().__init__(scope, id)
        self.composites: dict[Domain, cw.CompositeAlarm] = {}
        members = alerts.incidents.close()
        # What others rest on comes first, because they refer to it.
        for domain in sorted(members, key=lambda one: one in RESTS_ON):
            cause = self.composites.get(RESTS_ON[domain]) if domain in RESTS_ON else None
            made = cw.CompositeAlarm(
                self,
                domain.title(),
                composite_alarm_name=f"{name}-{domain}-incident",
                alarm_description=f"{WHAT[domain]}. What went off stands in this message and in the warnings. "
                f"Runbook: {alerts.runbook(f'incident-{domain}')} [OBS-17]",
                alarm_rule=cw.AlarmRule.from_string(" OR ".join(f'ALARM("{m.name}")' for m in members[domain])),
                actions_suppressor=cause,
                actions_suppressor_wait_period=WAIT if cause else None,
                actions_suppressor_extension_period=AFTERWARDS if cause else None,
            )
            made.node.add_dependency(*(member.alarm for member in members[domain]))
            action = actions.SnsAction(alerts.critical)
            made.add_alarm_action(action)
            made.add_ok_action(action)
            self.composites[domain] = made
