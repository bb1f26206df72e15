"""The runbooks' automated steps work when needed at night: right calls, right types, just enough rights."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape, StructureShape

from settings import load

ENVIRONMENTS = pytest.mark.parametrize("environment", ["local", "prod"])
PLACEHOLDER = re.compile(r"^\{\{ (\w+) \}\}$")
TYPES = {"String": "string", "Boolean": "boolean", "Integer": "integer"}
IAM_OF = {("apigateway", "UpdateStage"): "apigateway:PATCH"}
"""Where the action is not called like the operation."""


@pytest.fixture(params=["local", "prod"])
def documents(request: Any, assembly: Callable[[str], Any]) -> dict[str, dict[str, Any]]:
    """Contents of the documents by name."""
    found = assembly(request.param).of_type("AWS::SSM::Document", "Automations").values()
    assert {one["DocumentType"] for one in found} == {"Automation"}
    return {one["Name"].split("-", 2)[2]: one["Content"] for one in found}


def calls(content: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each step's operation, as the SDK describes it, and the fields that the step sends."""
    session = botocore.session.get_session()
    for step in content["mainSteps"]:
        assert step["action"] == "aws:executeAwsApi"
        inputs = dict(step["inputs"])
        service, operation = inputs.pop("Service"), inputs.pop("Api")
        yield session.get_service_model(service).operation_model(operation), inputs


def test_the_steps_of_the_runbooks(documents: dict[str, dict[str, Any]]) -> None:
    """OBS-17: what an alarm's runbook tells somebody to start must be there under that name."""
    assert set(documents) == {"analyses", "redrive", "rotate-database-password", "throttle-api"}
    for name, content in documents.items():
        assert content["schemaVersion"] == "0.3", name
        assert content["description"], name
        assert "Role" in json.dumps(content["assumeRole"]), name
        names = [step["name"] for step in content["mainSteps"]]
        assert len(names) == len(set(names))
        assert all(re.fullmatch(r"[A-Za-z0-9_]{3,128}", step) for step in names)
        for output in content.get("outputs", ()):
            assert output.split(".")[0] in names


def test_every_call_is_one_that_the_service_knows(documents: dict[str, dict[str, Any]]) -> None:
    """OBS-17: a mistyped field is refused at three in the morning, by a document that nobody had started before."""
    for name, content in documents.items():
        for operation, inputs in calls(content):
            _fits(operation.input_shape, inputs, content["parameters"], where=f"{name}: {operation.name}")


def _fits(shape: Shape, value: Any, parameters: dict[str, Any], *, where: str) -> None:
    if isinstance(shape, StructureShape) and isinstance(value, dict) and "Ref" not in value:
        assert set(value) <= set(shape.members), where
        assert set(shape.required_members) <= set(value), where
        for key, inner in value.items():
            _fits(shape.members[key], inner, parameters, where=f"{where}.{key}")
    elif shape.type_name == "list":
        for inner in value:
            _fits(shape.member, inner, parameters, where=where)  # type: ignore[attr-defined]
    elif isinstance(value, str) and (found := PLACEHOLDER.match(value)):
        assert found[1] in parameters, where
        assert TYPES[parameters[found[1]]["type"]] == shape.type_name, where
    elif isinstance(value, int):
        assert shape.type_name == "integer", where
    else:
        assert shape.type_name == "string", where
        assert not shape.metadata.get("enum") or value in shape.metadata["enum"], where


def test_every_parameter_is_used_and_bounded(documents: dict[str, dict[str, Any]]) -> None:
    """SEC-18: free text would let whoever may start a document choose its target."""
    for name, content in documents.items():
        said = json.dumps(content["mainSteps"])
        for parameter, declared in content["parameters"].items():
            assert f"{{{{ {parameter} }}}}" in said, name
            assert "allowedValues" in declared or "allowedPattern" in declared, f"{name}: {parameter}"


@ENVIRONMENTS
def test_each_role_may_do_its_steps_and_little_else(environment: str, assembly: Callable[[str], Any]) -> None:
    """IAM-05: one that may not do its step helps nobody; one that may do more is a way round everybody's rights."""
    made = assembly(environment)
    roles = {key.split("/")[1]: role for key, role in made.of_type("AWS::IAM::Role", "Automations").items()}
    policies = made.of_type("AWS::IAM::Policy", "Automations").values()
    granted = {
        policy["Roles"][0]["Ref"]: {
            action: statement["Resource"]
            for statement in policy["PolicyDocument"]["Statement"]
            for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        }
        for policy in policies
    }
    for document in made.of_type("AWS::SSM::Document", "Automations").values():
        role = document["Content"]["assumeRole"]["Fn::GetAtt"][0]
        for operation, _ in calls(document["Content"]):
            service = operation.service_model.endpoint_prefix
            action = IAM_OF.get((service, operation.name), f"{service}:{operation.name}")
            assert action in granted[role]
        assert "*" not in granted[role].values()
        assert roles[role]["PermissionsBoundary"]
        [trust] = roles[role]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "ssm.amazonaws.com"}
        assert "aws:SourceAccount" in json.dumps(trust["Condition"])


def test_the_throttle_goes_back_to_the_settings(documents: dict[str, dict[str, Any]], request: Any) -> None:
    """API-02: after an incident the limits are those that were agreed, without looking them up."""
    chosen = load(request.node.callspec.params["documents"]).api
    parameters = documents["throttle-api"]["parameters"]
    assert parameters["RequestsPerSecond"]["default"] == str(chosen.rate_per_second)
    assert parameters["Burst"]["default"] == str(chosen.burst)
