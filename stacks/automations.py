"""The steps of the runbooks that a person starts by one call: stop and resume analyses, give back dead letters, rotate
the database's password, throttle the API. The runbooks (docs/runbooks) say when.
"""

from collections.abc import Mapping

from aws_cdk import Aws, Stack
from constructs import Construct

from hardened import Database
from hardened.automation import Automation, Parameter, Step
from hardened.boundaries import Boundary
from hardened.grants import allow, use_key
from hardened.queues import WorkQueue
from hardened.rest_api import RestApi
from settings import Settings
from stacks.base import PlatformStack

SWITCH = ("lambda:UpdateEventSourceMapping",)
MOVE = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:StartMessageMoveTask")
SEND = ("sqs:SendMessage",)
KEY = ("kms:Decrypt", "kms:GenerateDataKey")
ROTATE = ("secretsmanager:RotateSecret",)
THROTTLE = ("apigateway:PATCH",)
WHOLE_NUMBER = r"^\d{1,6}$"
STAGE_THROTTLE = "/*/*/throttling/"


class AutomationsStack(PlatformStack):
    """One document a step; each can do that step and nothing else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        analysis_queue: WorkQueue,
        queues: Mapping[str, WorkQueue],
        database: Database,
        api: RestApi,
    ) -> None:
        super().__init__(scope, construct_id, settings=settings, description="Alex: automated steps of the runbooks")
        self._settings = settings
        self._prefix = f"alex-{settings.name}"
        self._most = Boundary(
            self,
            "Most",
            whose="an automated step",
            actions=[*SWITCH, *MOVE, *SEND, *KEY, *ROTATE, *THROTTLE],
        )
        self._analyses(analysis_queue)
        self._redrive(queues)
        self._rotate(database)
        self._throttle(api)

    def _analyses(self, queue: WorkQueue) -> None:
        mapping = queue.feeding
        if mapping is None:
            raise ValueError(f"{queue.name} has no consumer to stop")
        made = Automation(
            self,
            "Analyses",
            name=f"{self._prefix}-analyses",
            description="Stops analyses (requests are accepted and wait in the queue) or resumes them",
            boundary=self._most,
            parameters={
                "Running": Parameter(
                    description="false stops analyses, true resumes them", kind="Boolean", allowed=(True, False)
                )
            },
            steps=[
                Step(
                    name="SwitchConsumer",
                    call=("lambda", "UpdateEventSourceMapping"),
                    inputs={"UUID": mapping.event_source_mapping_id, "Enabled": "{{ Running }}"},
                    outputs={"State": ("$.State", "String")},
                )
            ],
        )
        allow(
            made.role,
            actions=SWITCH,
            resources=(mapping.event_source_mapping_arn,),
        )

    def _redrive(self, queues: Mapping[str, WorkQueue]) -> None:
        dead = [queue.dead_letters.queue for queue in queues.values()]
        made = Automation(
            self,
            "Redrive",
            name=f"{self._prefix}-redrive",
            description="Gives the messages of a dead-letter queue back to the queue they came from, slowly",
            boundary=self._most,
            parameters={
                "DeadLetterQueueArn": Parameter(
                    description="Whose messages, after their cause is gone", allowed=[queue.queue_arn for queue in dead]
                )
            },
            steps=[
                Step(
                    name="MoveMessages",
                    call=("sqs", "StartMessageMoveTask"),
                    inputs={"SourceArn": "{{ DeadLetterQueueArn }}", "MaxNumberOfMessagesPerSecond": 1},
                    outputs={"TaskHandle": ("$.TaskHandle", "String")},
                )
            ],
        )
        allow(made.role, actions=MOVE, resources=tuple(queue.queue_arn for queue in dead))
        sending = tuple(queue.queue.queue_arn for queue in queues.values())
        allow(made.role, actions=SEND, resources=sending)
        use_key(made.role, next(iter(dead)).encryption_master_key, *KEY)

    def _rotate(self, database: Database) -> None:
        made = Automation(
            self,
            "RotatePassword",
            name=f"{self._prefix}-rotate-database-password",
            description="Changes the database's password now; functions take up the new one by themselves",
            boundary=self._most,
            steps=[
                Step(
                    name="Rotate",
                    call=("secretsmanager", "RotateSecret"),
                    inputs={"SecretId": database.secret.secret_arn},
                    outputs={"Version": ("$.VersionId", "String")},
                )
            ],
        )
        allow(made.role, actions=ROTATE, resources=(database.secret.secret_arn,))

    def _throttle(self, api: RestApi) -> None:
        stage, chosen = self._settings.name, self._settings.api
        limits = {"rateLimit": "{{ RequestsPerSecond }}", "burstLimit": "{{ Burst }}"}
        made = Automation(
            self,
            "ThrottleApi",
            name=f"{self._prefix}-throttle-api",
            description="Sets the API stage's throttle; 0 refuses everybody, the defaults are the settings' own",
            boundary=self._most,
            parameters={
                "RequestsPerSecond": Parameter(
                    description="Requests a second for everybody together",
                    pattern=WHOLE_NUMBER,
                    default=str(chosen.rate_per_second),
                ),
                "Burst": Parameter(description="Requests at once", pattern=WHOLE_NUMBER, default=str(chosen.burst)),
            },
            steps=[
                Step(
                    name="SetThrottle",
                    call=("apigateway", "UpdateStage"),
                    inputs={
                        "restApiId": api.api.rest_api_id,
                        "stageName": stage,
                        "patchOperations": [
                            {"op": "replace", "path": f"{STAGE_THROTTLE}{name}", "value": value}
                            for name, value in limits.items()
                        ],
                    },
                    outputs={"Stage": ("$.stageName", "String")},
                )
            ],
        )
        partition, region = Aws.PARTITION, Stack.of(self).region
        where = f"arn:{partition}:apigateway:{region}::/restapis/{api.api.rest_api_id}/stages/{stage}"
        allow(made.role, actions=THROTTLE, resources=(where,))
