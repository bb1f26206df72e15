"""The platform deployed once for the session, to a local cloud of its own: own port, own state, ended afterwards."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alex import local, places, synthesis, toolbox
from alex.client import Api
from local_cloud.cloud import LocalCloud

# A user's limit that a slow machine reaches too, far below the whole API's, so that a test knows which one it met.
LIMITS = {"rate_per_second": 1000, "burst": 1000, "user_rate_per_second": 5, "user_burst": 60}
# The faults of one test must not stop the models of the next.
PATIENT = {"min_calls": 100_000}
# Only the value of trades asks for a person, so that other analyses end by themselves; an expiry can be awaited.
APPROVAL = {"risk_score_above": 10, "least_confidence": 0, "expires_seconds": 30}
# Small environments archive no logs: here the archive and everything that fills it is deployed, as in staging.
ARCHIVE = {"archive_years": 1}


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """Every stack of the environment `local`, from the assembly that the real `cdk synth` wrote with the gate on."""
    folder = tmp_path_factory.mktemp("platform")
    tools = toolbox.tools()
    cloud = LocalCloud(
        state=folder / "cloud",
        python=tools.ministack_python,
        cdk=tools.cdk,
        node=tools.node,
        market=places.STATE / "market",
    )
    target = synthesis.target_of("local")
    synthesis.build_bundles(target, lambda _: None)
    try:
        cloud.start()
        overlay = cloud.settings_overlay()
        changed = json.loads(overlay.read_text("utf-8")) | {
            "api": LIMITS, "breaker": PATIENT, "hitl": APPROVAL, "logs": ARCHIVE,
        }  # fmt: skip
        overlay.write_text(json.dumps(changed), "utf-8")
        made = synthesis.synthesise("local", overlay=overlay, output=folder / "assembly", target=target, validate=False)
        cloud.bootstrap(made.assembly)
        cloud.deploy(made.assembly)
        local.set_provider_keys(cloud)
        yield cloud
    finally:
        cloud.stop()
        shutil.rmtree(folder / "assembly", ignore_errors=True)


@pytest.fixture(scope="session")
def sign_in(cloud: LocalCloud) -> Iterator[Callable[[str], Api]]:
    """Sessions by user name; the profile exists after the first call."""
    sessions: dict[str, Api] = {}

    def session(user: str) -> Api:
        if user not in sessions:
            sessions[user] = local.session(cloud, user)
            sessions[user].get("/api/user")
        return sessions[user]

    yield session
    for api in sessions.values():
        api.__exit__()


@pytest.fixture(scope="session")
def base_url(cloud: LocalCloud) -> str:
    """Address of the deployed API."""
    return local.api_url(cloud)


@pytest.fixture(scope="session")
def market_wheel(cloud: LocalCloud) -> Path:
    """The package that carries the recorded prices: read here without the product's code, as an independent check."""
    wheels = sorted((places.STATE / "market").glob("skfolio-*.whl"))
    assert wheels, "the local cloud fetched the recorded prices"
    return wheels[-1]
