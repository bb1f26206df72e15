"""A small CDK application with one of each kind that the platform deploys; the tests synthesise and deploy it."""

import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import CfnOutput, CfnResource, CustomResource, Duration, RemovalPolicy, Stack, Stage
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_bedrock as bedrock
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

_CODE = Path(__file__).parent / "functions"


class Base(Stack):
    """Network, key, bucket and database."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        key = kms.Key(self, "Key", enable_key_rotation=True, removal_policy=RemovalPolicy.DESTROY)
        self.vpc = ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=1)
        self.vpc.add_flow_log("Flow")
        self.vpc.add_interface_endpoint("Secrets", service=ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER)
        ec2.NetworkAcl(self, "Acl", vpc=self.vpc)
        s3.Bucket(self, "Bucket", encryption_key=key, enforce_ssl=True, versioned=True)
        self.cluster = rds.DatabaseCluster(
            self,
            "Database",
            engine=rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_16_4),
            writer=rds.ClusterInstance.serverless_v2("writer"),
            vpc=self.vpc,
            default_database_name="sample",
            enable_data_api=True,
            storage_encryption_key=key,
        )
        rotation = lambda_.Function(
            self, "Rotation", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.environment",
            code=lambda_.Code.from_asset(str(_CODE)),
        )  # fmt: skip
        login = self.cluster.secret
        assert login is not None, "CDK makes the secret itself"
        login.add_rotation_schedule("Rotate", rotation_lambda=rotation)
        secret = secretsmanager.Secret(self, "ProviderKey")
        CfnOutput(self, "PlainSecretArn", value=secret.secret_arn)
        cloudwatch.Alarm(
            self, "Rate", threshold=1, evaluation_periods=1,
            metric=cloudwatch.MathExpression(
                expression="a / 2",
                using_metrics={"a": cloudwatch.Metric(namespace="Sample", metric_name="Errors")},
            ),
        )  # fmt: skip
        dynamodb.TableV2(
            self, "Global", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
        )  # fmt: skip
        CfnOutput(self, "ClusterArn", value=self.cluster.cluster_arn)
        CfnOutput(self, "SecretArn", value=login.secret_arn)


class App(Stack):
    """Functions, queue, table, API."""

    def __init__(self, scope: Construct, construct_id: str, *, base: Base, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        boundary = iam.ManagedPolicy(
            self, "Boundary",
            statements=[
                iam.PolicyStatement(actions=["*"], resources=["*"]),
                iam.PolicyStatement(actions=["dynamodb:Scan"], resources=["*"], effect=iam.Effect.DENY),
            ],
        )  # fmt: skip
        iam.PermissionsBoundary.of(self).apply(boundary)
        dead = sqs.Queue(self, "Dead", enforce_ssl=True)
        queue = sqs.Queue(
            self, "Queue", enforce_ssl=True, visibility_timeout=Duration.seconds(3),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=1),
        )  # fmt: skip
        table = dynamodb.Table(
            self, "Table", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST, time_to_live_attribute="expires",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
        )  # fmt: skip
        api = self._function("Api", "api", vpc=base.vpc)
        table.grant_read_data(api)
        reader = self._function("Reader", "credentials")
        table.grant_read_data(reader)
        base.cluster.grant_data_api_access(reader)
        profiles = "arn:aws:bedrock:us-east-1:000000000000:inference-profile"
        bedrock.CfnGuardrail(self, "Rail", name="rail", blocked_input_messaging="no", blocked_outputs_messaging="no")
        guardrail = "arn:aws:bedrock:us-east-1:000000000000:guardrail/rail"
        guarded = {"StringEquals": {"bedrock:GuardrailIdentifier": f"{guardrail}:1"}}
        for statement in (
            iam.PolicyStatement(actions=["bedrock:InvokeModel"], resources=[f"{profiles}/us.allowed-model"]),
            iam.PolicyStatement(
                actions=["bedrock:InvokeModel"], resources=[f"{profiles}/us.guarded-model"], conditions=guarded
            ),
            iam.PolicyStatement(actions=["bedrock:ApplyGuardrail"], resources=[guardrail]),
        ):
            reader.add_to_role_policy(statement)
        stranger = self._function("Stranger", "credentials")
        consumer = self._function("Consumer", "consume", reserved_concurrent_executions=2)
        consumer.add_event_source(sources.SqsEventSource(queue, report_batch_item_failures=True, batch_size=5))
        custom = self._function("Custom", "custom_resource")
        resource = CustomResource(self, "Hello", service_token=custom.function_arn, properties={"Name": "world"})
        environment = self._function("Environment", "environment")
        environment.add_alias("live")
        failing = self._function("Failing", "fail")
        events.Rule(
            self, "Schedule", schedule=events.Schedule.rate(Duration.minutes(5)),
            targets=[targets.LambdaFunction(environment)],
        )  # fmt: skip
        pool = cognito.UserPool(self, "Users")
        client = pool.add_client("Client")
        self._rest_api(api)
        CfnResource(self, "Detector", type="AWS::GuardDuty::Detector", properties={"Enable": True})
        for name, value in {
            "QueueUrl": queue.queue_url, "DeadUrl": dead.queue_url, "TableName": table.table_name,
            "Greeting": resource.get_att_string("Greeting"), "EnvironmentName": environment.function_name,
            "FailingName": failing.function_name, "ConsumerName": consumer.function_name,
            "ReaderName": reader.function_name, "StrangerName": stranger.function_name,
            "PoolClient": client.user_pool_client_id,
        }.items():  # fmt: skip
            CfnOutput(self, name, value=value)

    def _function(self, name: str, handler: str, **options: Any) -> lambda_.Function:
        return lambda_.Function(
            self, name, runtime=lambda_.Runtime.PYTHON_3_13, handler=f"index.{handler}",
            code=lambda_.Code.from_asset(str(_CODE)), timeout=Duration.seconds(3), **options,
        )  # fmt: skip

    def _rest_api(self, function: lambda_.Function) -> None:
        check = self._function("Authorizer", "authorizer")
        authorizer = apigateway.TokenAuthorizer(self, "Tokens", handler=check, results_cache_ttl=Duration.seconds(0))
        rest = apigateway.RestApi(
            self, "Rest", deploy_options=apigateway.StageOptions(stage_name="live"),
            default_cors_preflight_options=apigateway.CorsOptions(allow_origins=["http://localhost:3000"]),
        )  # fmt: skip
        rest.add_gateway_response(
            "BadBody", type=apigateway.ResponseType.BAD_REQUEST_BODY, status_code="422",
            templates={"application/json": '{"error":{"code":"validation_error"}}'},
        )  # fmt: skip
        body = apigateway.JsonSchema(
            type=apigateway.JsonSchemaType.OBJECT, required=["symbol"],
            properties={"symbol": apigateway.JsonSchema(type=apigateway.JsonSchemaType.STRING, pattern="^[A-Z]+$")},
        )  # fmt: skip
        model = rest.add_model("Position", schema=body, content_type="application/json")
        validator = rest.add_request_validator("Bodies", validate_request_body=True)
        integration = apigateway.LambdaIntegration(function)
        things = rest.root.add_resource("things")
        things.add_method("GET", integration, authorizer=authorizer)
        things.add_method(
            "POST", integration, authorizer=authorizer, request_validator=validator,
            request_models={"application/json": model},
        )  # fmt: skip
        web_acl = wafv2.CfnWebACL(
            self, "Acl", scope="REGIONAL", default_action={"allow": {}},
            visibility_config={"cloudWatchMetricsEnabled": True, "metricName": "acl", "sampledRequestsEnabled": True},
        )  # fmt: skip
        wafv2.CfnWebACLAssociation(
            self, "AclUse", resource_arn=rest.deployment_stage.stage_arn, web_acl_arn=web_acl.attr_arn
        )
        CfnOutput(self, "ApiUrl", value=rest.url)


class Failing(Stack):
    """A custom resource whose function raises instead of answering."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        function = lambda_.Function(
            self, "Function", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.fail",
            code=lambda_.Code.from_asset(str(_CODE)),
        )  # fmt: skip
        CustomResource(self, "Broken", service_token=function.function_arn)


def failing(outdir: str) -> None:
    """Synthesise the failing stack into `outdir`."""
    app = cdk.App(outdir=outdir)
    Failing(app, "Failing", env=cdk.Environment(account="0" * 12, region="us-east-1"))
    app.synth()


def main(outdir: str) -> None:
    """Synthesise the two stacks into `outdir`."""
    app = cdk.App(
        outdir=outdir, context={f"availability-zones:account={'0' * 12}:region=us-east-1": ["us-east-1a", "us-east-1b"]}
    )
    stage = Stage(app, "Sample", env=cdk.Environment(account="0" * 12, region="us-east-1"))
    base = Base(stage, "Base")
    App(stage, "App", base=base)
    app.synth()


if __name__ == "__main__":
    (failing if "failing" in sys.argv[2:] else main)(sys.argv[1])
