"""The review workflow in the Amazon States Language (SYS-38)."""

from typing import Any

from hardened.workflow import partition_arn

TRY_AGAIN = {"IntervalSeconds": 5, "MaxAttempts": 6, "BackoffRate": 2}


def definition(review_arn: str) -> dict[str, Any]:
    """The workflow: ask for every review side by side, wait for each until its time is over, then end the job.

    Input: ``{job_id, reviews: [{job_id, review_id, reason, seconds}]}``; expressions are JSONata.
    """
    call: dict[str, Any] = {"Type": "Task", "End": True}
    ask = call | {
        "Comment": "Tells the reviewers; whoever decides answers with the token",
        "Resource": partition_arn("lambda:invoke.waitForTaskToken"),
        "Arguments": {
            "FunctionName": review_arn,
            "Payload": {
                "step": "request",
                "job_id": "{% $states.input.job_id %}",
                "review_id": "{% $states.input.review_id %}",
                "token": "{% $states.context.Task.Token %}",
            },
        },
        "TimeoutSeconds": "{% $states.input.seconds %}",
        "Retry": [
            {"ErrorEquals": ["NothingToReviewError"], "MaxAttempts": 0},
            {"ErrorEquals": ["States.TaskFailed"], **TRY_AGAIN},
        ],
        "Catch": [{"ErrorEquals": ["States.Timeout", "NothingToReviewError"], "Next": "NothingToWaitFor"}],
    }
    return {
        "Comment": "Human approval of a job's advice; an execution is named by its job",
        "QueryLanguage": "JSONata",
        "StartAt": "AskForReviews",
        "States": {
            "AskForReviews": {
                "Type": "Map",
                "Items": "{% $states.input.reviews %}",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "INLINE"},
                    "StartAt": "AskForReview",
                    "States": {"AskForReview": ask, "NothingToWaitFor": {"Type": "Pass", "End": True}},
                },
                "Output": {"job_id": "{% $states.context.Execution.Input.job_id %}"},
                "Next": "Conclude",
            },
            "Conclude": call
            | {
                "Comment": "Completes or fails the job; asked again while the database's clock says that it is early",
                "Resource": partition_arn("lambda:invoke"),
                "Arguments": {
                    "FunctionName": review_arn,
                    "Payload": {"step": "conclude", "job_id": "{% $states.input.job_id %}"},
                },
                "Output": "{% $states.result.Payload %}",
                "TimeoutSeconds": 120,
                "Retry": [{"ErrorEquals": ["States.ALL"], **TRY_AGAIN}],
            },
        },
    }
