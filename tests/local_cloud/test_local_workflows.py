"""What the local cloud's workflows do as AWS's do: steps that wait for people (SYS-38); in the emulator's Python."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from local_cloud.cloud import LocalCloud

Inside = Callable[[str], tuple[int, str]]
PREPARE = """
import json, sys, threading
sys.path.insert(0, {local!r})
from ministack.services import stepfunctions as machine
from ministack.core.responses import set_request_account_id
from local_cloud.adapter import workflows
calls = []
def call(ref, event):
    calls.append(event)
    if len(calls) <= event.get("failures", 0):
        raise machine._ExecutionError("UnavailableError", "planned by the test")
machine._call_lambda = call
machine._resolve_lambda_function_ref = lambda ref, optimized: ref
machine._scaled_sleep = lambda seconds: None
workflows.install()
state = {{
    "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": True,
    "Arguments": {{"FunctionName": "f", "Payload": {{
        "token": "{{% $states.context.Task.Token %}}", "failures": "{{% $states.input.failures %}}"}}}},
    "TimeoutSeconds": "{{% $states.input.seconds %}}",
    "Retry": [{{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2}}],
    "Catch": [{{"ErrorEquals": ["States.Timeout"], "Next": "Late"}}],
}}
context = {{"QueryLanguage": "JSONata", "State": {{}}, "Execution": {{}}, "variables": {{}}}}
def run(seconds, failures=0):
    return machine._execute_task(state, {{"seconds": seconds, "failures": failures}}, {{"events": []}}, context)
"""


@pytest.fixture
def inside(cloud: LocalCloud) -> Inside:
    """`inside(code)`: run code after PREPARE in the emulator's own interpreter; exit status and output."""
    local = str(Path(__file__).resolve().parents[2] / "local")

    def run(code: str) -> tuple[int, str]:
        command = [str(cloud._python), "-I", "-c", PREPARE.format(local=local) + code]
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        return answer.returncode, answer.stdout + answer.stderr

    return run


def test_a_waiting_step_times_out_after_the_seconds_of_an_expression(inside: Inside) -> None:
    """HITL-01: the bare emulator cannot wait by an expression; an expiry could not be shown on a laptop."""
    status, output = inside("print(run(1)[1], len(calls))")
    assert status == 0, output
    assert output.split() == ["Late", "1"]


def test_an_answer_ends_the_wait(inside: Inside) -> None:
    """HITL-01: the token that the function was given is the one that is answered."""
    code = (
        "def answer():\n"
        "    while not calls: pass\n"
        "    machine._send_task_success({'taskToken': calls[0]['token'], 'output': '{\"state\": \"approved\"}'})\n"
        "threading.Thread(target=answer).start()\n"
        "print(run(30)[0]['state'])"
    )
    status, output = inside(code)
    assert status == 0, output
    assert output.strip() == "approved"


def test_a_function_that_fails_is_tried_again_and_then_fails_the_step(inside: Inside) -> None:
    """HITL-01: as in AWS; the bare emulator would wait the whole business day for an answer to nobody's question."""
    status, output = inside("print(run(1, failures=2)[1], len(calls))")
    assert (status, output.split()) == (0, ["Late", "3"])
    code = "try:\n    run(30, failures=9)\nexcept machine._ExecutionError as error:\n    print(error.error, len(calls))"
    status, output = inside(code)
    assert (status, output.split()) == (0, ["UnavailableError", "3"]), output
