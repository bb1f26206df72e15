"""What stands behind a web ACL and under Shield Advanced (SEC-01 to SEC-04)."""

import json

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_apigateway as apigw
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb

from hardened.shield import ShieldAdvanced
from hardened.web_acl import WebAcl
from tests.hardened.web_acls import RULES, kinds, only, template


def protected(stack: Stack) -> None:
    """An API's stage and a load balancer behind one ACL, and the load balancer under Shield Advanced."""
    api = apigw.RestApi(stack, "Api")
    api.root.add_method("GET")
    balancer = elb.ApplicationLoadBalancer(stack, "Alb", vpc=ec2.Vpc(stack, "Vpc"), internet_facing=True)
    acl = WebAcl(stack, "WebAcl", name="alex-test-api", rules=RULES)
    acl.protect(api.deployment_stage.stage_arn)
    acl.protect(balancer.load_balancer_arn, id="Alb")
    shield = ShieldAdvanced(stack, "Shield", email="oncall@alex.example", phone="+4930123456")
    shield.protect("Alb", name="alex-test", resource_arn=balancer.load_balancer_arn)


def test_stages_and_load_balancers_stand_behind_the_acl() -> None:
    """SEC-01, SEC-03: an ACL without an association protects nothing."""
    made = template(protected)
    behind = [json.dumps(a["ResourceArn"]) for a in kinds(made, "AWS::WAFv2::WebACLAssociation")]
    assert len(behind) == 2
    assert any("/restapis/" in arn and "/stages/" in arn for arn in behind)
    assert any(arn == json.dumps({"Ref": name}) for arn in behind for name in made if name.startswith("Alb"))
    assert only(made, "AWS::Shield::Protection")["ResourceArn"] in [
        a["ResourceArn"] for a in kinds(made, "AWS::WAFv2::WebACLAssociation")
    ]


def test_a_distribution_names_its_acl_itself() -> None:
    """SEC-02: WAF refuses an association with a distribution only at deployment; this says so at once."""
    acl = WebAcl(Stack(App(), "Bench"), "WebAcl", name="x", rules=RULES, where="CLOUDFRONT")
    with pytest.raises(ValueError, match="web_acl_id"):
        acl.protect("arn:aws:cloudfront::111122223333:distribution/E1")


def test_shields_response_team_may_look_and_knows_whom_to_call() -> None:
    """SEC-04: a subscription that nobody has opened the account to brings nobody at night."""
    made = template(protected)
    role = only(made, "AWS::Shield::DRTAccess")["RoleArn"]["Fn::GetAtt"][0]
    assert "AWSShieldDRTAccessPolicy" in json.dumps(made[role]["Properties"]["ManagedPolicyArns"])
    trust = made[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert [s["Principal"] for s in trust] == [{"Service": "drt.shield.amazonaws.com"}]
    engagement = only(made, "AWS::Shield::ProactiveEngagement")
    assert engagement["ProactiveEngagementStatus"] == "ENABLED"
    assert engagement["EmergencyContactList"] == [{"EmailAddress": "oncall@alex.example", "PhoneNumber": "+4930123456"}]
