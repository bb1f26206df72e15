"""The SOC 2 conformance pack: AWS Config's rules as one thing with one score, which an auditor can open (COMP-03)."""

import json
from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_config as config
from constructs import Construct

from hardened.config_rules import ManagedRule
from hardened.recorder import Recorder

LARGEST_TEMPLATE = 51_200
"""Bytes of a pack that stands in the template itself."""


class ConformancePack(Construct):
    """A pack of managed rules.

    :param name: for example ``alex-prod-soc2``; AWS allows letters, digits and hyphens.
    :param recorder: ours, which must be there first; None: an adopted one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        rules: Sequence[ManagedRule],
        recorder: Recorder | None,
    ) -> None:
        super().__init__(scope, construct_id)
        body = json.dumps(template(rules), separators=(",", ":"))
        if len(body.encode()) > LARGEST_TEMPLATE:
            raise ValueError(
                f"the pack {name} has {len(body.encode())} bytes; Config takes {LARGEST_TEMPLATE}: split it"
            )
        self.pack = config.CfnConformancePack(self, "Pack", conformance_pack_name=name, template_body=body)
        if recorder:
            recorder.before(self.pack)


def template(rules: Sequence[ManagedRule]) -> dict[str, Any]:
    """The pack as a template of Config's kind; the names of rules are unique in it."""
    return {
        "Resources": {
            rule.identifier.title().replace("_", ""): {
                "Type": "AWS::Config::ConfigRule",
                "Properties": {
                    "ConfigRuleName": rule.name,
                    "Description": rule.description,
                    "Source": {"Owner": "AWS", "SourceIdentifier": rule.identifier},
                    **({"InputParameters": dict(rule.parameters)} if rule.parameters else {}),
                },
            }
            for rule in rules
        }
    }
