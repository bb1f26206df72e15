"""Ways around the gate that a review found, each closed (CONF-06)."""

from pathlib import Path

from tests.policy.gated import BAD, CLEAN, run

PLANTED = 's3.CfnBucket(Stack(app, "Planted"), "Open")'
GROUP = """from aws_cdk import Acknowledgment, Validations
from constructs import Construct
group = Construct(app, "Group")
s3.CfnBucket(Stack(group, "My Stack"), "Open")
for rule in ("SOC2::SOC2-S3-TLS", "AwsSolutions::AwsSolutions-S10", "AwsSolutions-S1"):
    Validations.of(group).acknowledge(Acknowledgment(id=rule, reason="x"))
"""
SILENCED = """from aws_cdk import Acknowledgment, Validations
stack = Stack(app, "Planted")
Validations.of(s3.CfnBucket(stack, "Open")).acknowledge(
    Acknowledgment(id="CloudFormation-Validate::F3002", reason="x"))
"""
OPEN = """from aws_cdk import CfnParameter
stack = Stack(app, "Planted")
status = CfnParameter(stack, "Status").value_as_string
s3.CfnBucket(stack, "Open",
    versioning_configuration=s3.CfnBucket.VersioningConfigurationProperty(status=status))
"""
ELSEWHERE = """from aws_cdk import CfnStack
CfnStack(Stack(app, "Planted"), "Other", template_url="https://elsewhere.example/x.json")
"""


def test_a_group_of_stacks_takes_no_acknowledgement(tmp_path: Path) -> None:
    """CDK notes what stands above stacks nowhere: two naked buckets passed without a trace."""
    result = run(BAD.replace(PLANTED, GROUP), tmp_path)
    assert result.returncode == 1
    for rule in ("SOC2::SOC2-S3-TLS", "AwsSolutions::AwsSolutions-S10"):
        assert f"Group: the acknowledgement of '{rule}' stands on a whole stage or app" in result.stderr


def test_cdks_own_validation_is_silenced_by_cdk_alone(tmp_path: Path) -> None:
    """Its errors close the gate; an acknowledgement by hand must state its terms like any other."""
    result = run(BAD.replace(PLANTED, SILENCED), tmp_path)
    assert result.returncode == 1
    assert "'CloudFormation-Validate::F3002' states no reason, owner, expiry and ticket" in result.stderr


def test_an_open_verdict_has_an_id_of_its_own(tmp_path: Path) -> None:
    """Accepting a question must not accept the answer that follows later."""
    result = run(BAD.replace(PLANTED, OPEN), tmp_path)
    assert "undecided: the parameter Status is chosen at deployment" in result.stderr
    assert "acknowledge with 'SOC2::SOC2-S3-VERSIONS[Undecided]'" in result.stderr


def test_a_template_that_nobody_saw_closes_the_gate(tmp_path: Path) -> None:
    """A stack by address can hold anything."""
    result = run(CLEAN.replace('Stack(app, "Planted")', ELSEWHERE), tmp_path)
    assert result.returncode == 1
    assert "SOC2-TEMPLATE-WHOLE" in result.stderr
    assert "deploys a template that was not given" in result.stderr


def test_what_was_refused_cannot_be_deployed_from_its_folder(tmp_path: Path) -> None:
    """`cdk deploy --app cdk.out` asks nobody whether the synthesis had passed."""
    assert run(BAD, tmp_path).returncode == 1
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_what_concerns_all_templates_offers_no_acknowledgement(tmp_path: Path) -> None:
    """An id that the gate would refuse on the next run sends people in a circle."""
    result = run(CLEAN.replace("Profile(elsewhere=", "Profile() if True else Profile(elsewhere="), tmp_path)
    assert result.returncode == 1
    assert "SOC2-TRAIL-PRESENT" in result.stderr
    assert "so no construct can acknowledge it" in result.stderr
    assert "acknowledge with" not in result.stderr.split("the policy gate is closed")[1]
