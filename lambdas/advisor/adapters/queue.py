"""The analysis queue in SQS (port JobQueue): ids and options only, never portfolio data (domain A.2)."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from advisor.domain.errors import UnavailableError

SCHEMA_VERSION = 1


class SqsJobQueue:
    """JobQueue over SQS; a message may arrive twice, the planner's claim makes that harmless."""

    def __init__(self, *, queue_url: str, client: Any = None) -> None:
        self._queue_url = queue_url
        config = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=5)
        self._client = client if client is not None else boto3.client("sqs", config=config)

    def send(self, *, job_id: UUID, user_id: str, correlation_id: str, options: Mapping[str, Any]) -> None:
        """Hand the job over; raises UnavailableError when the queue does not take it."""
        body = {
            "job_id": str(job_id),
            "user_id": user_id,
            "analysis_type": "portfolio",
            "options": dict(options),
            "correlation_id": correlation_id,
            "schema_version": SCHEMA_VERSION,
        }
        try:
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(body, sort_keys=True))
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError() from error
