"""The managed guardrail in the local cloud: who may use it, and what it says to texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_cloud.cloud import LocalCloud

if TYPE_CHECKING:
    from tests.local_cloud.conftest import Client, Invoke


def test_a_guardrail_is_a_condition_that_iam_decides_by(
    client: Client, deployed: dict[str, str], invoke: Invoke
) -> None:
    """A policy that lets a model be called only behind its guardrail must refuse the call without it (GUARD)."""
    message = [{"role": "user", "content": [{"text": "hello"}]}]
    reader = client("bedrock-runtime", **invoke(deployed["ReaderName"]))
    rail = {"guardrailIdentifier": "rail", "guardrailVersion": "1"}
    assert reader.converse(modelId="us.guarded-model", messages=message, guardrailConfig=rail)["output"]
    with pytest.raises(ClientError, match="bedrock:InvokeModel"):
        reader.converse(modelId="us.guarded-model", messages=message)
    other = {"guardrailIdentifier": "other", "guardrailVersion": "1"}
    with pytest.raises(ClientError, match="bedrock:ApplyGuardrail"):
        reader.converse(modelId="us.allowed-model", messages=message, guardrailConfig=other)


def test_a_guardrail_judges_texts_with_its_own_right_and_as_planned(
    cloud: LocalCloud, client: Client, deployed: dict[str, str], invoke: Invoke
) -> None:
    """GUARD-06: an agent without the right to have its answer judged, or with another guardrail's name, must fail
    here as in AWS; the analyst's own texts pass, a planned verdict stops one."""
    once = Config(retries={"total_max_attempts": 1})
    said: dict[str, Any] = {"source": "OUTPUT", "content": [{"text": {"text": "A calm portfolio. " * 100}}]}
    rail = {"guardrailIdentifier": "rail", "guardrailVersion": "1", **said}
    reader = client("bedrock-runtime", config=once, **invoke(deployed["ReaderName"]))
    cloud.set_faults(bedrock=[{"fault": "guardrail_output"}, {"fault": "guardrail_away"}])
    stopped = reader.apply_guardrail(**rail)
    assert stopped["action"] == "GUARDRAIL_INTERVENED"
    assert stopped["assessments"][0]["topicPolicy"]["topics"][0]["action"] == "BLOCKED"
    with pytest.raises(ClientError, match="ThrottlingException"):
        reader.apply_guardrail(**rail)
    passed = reader.apply_guardrail(**rail)
    assert (passed["action"], passed["usage"]["topicPolicyUnits"]) == ("NONE", 2)
    with pytest.raises(ClientError, match="bedrock:ApplyGuardrail"):
        reader.apply_guardrail(**{**rail, "guardrailIdentifier": "other"})
    with pytest.raises(ClientError, match="bedrock:ApplyGuardrail"):
        client("bedrock-runtime", config=once, **invoke(deployed["StrangerName"])).apply_guardrail(**rail)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client("bedrock-runtime", config=once).apply_guardrail(**{**rail, "guardrailIdentifier": "other"})
    notes = {entry.note for entry in cloud.parity() if entry.resource_type == "AWS::Bedrock::Guardrail"}
    assert "no filter runs" in " ".join(notes)
