"""The deployed platform through its front door: API latency, and a whole analysis cold and warm."""

import time
import uuid

from alex import approval, follow, local, portfolio
from alex.bench import job
from alex.bench.measure import Row, Say, quantile
from alex.client import Api
from alex.errors import CommandError
from alex.journey import Step
from local_cloud.cloud import LocalCloud

REQUESTS = 120
PACE_SECONDS = 0.025  # below the local stage's limit of 50 requests a second
USER = "bench-user"


def api_latency(say: Say, cloud: LocalCloud) -> list[Row]:
    """p50 and p99 in milliseconds of warm requests, one after the other, gateway and authorizer included."""
    rows = []
    with local.session(cloud, f"{USER}-{uuid.uuid4().hex[:8]}") as api:
        portfolio.load(api)  # before anything is measured: the function, the database and the connection are warm then
        for method, path in (
            ("GET", "/health"),
            ("GET", "/api/accounts"),
            ("GET", "/api/jobs"),
            ("POST", "/api/scenarios"),
            ("POST", "/api/rebalance/preview"),
        ):
            name = f"{method} {path}"
            say(name)
            samples = _samples(api, method, path)
            for label, share in (("p50", 0.5), ("p99", 0.99)):
                rows.append(Row("api", f"{name}, {label}", quantile(samples, share), "ms", tuple(samples)))
    return rows


def _samples(api: Api, method: str, path: str) -> list[float]:
    samples: list[float] = []
    refused = 0
    while len(samples) < REQUESTS:
        began = time.perf_counter()
        answer = api.send(method, path, body={} if method == "POST" else None)
        took = time.perf_counter() - began
        if answer.status_code == 429 and refused < 60:
            refused += 1
            time.sleep(1.0)
            continue
        if answer.status_code != 200:
            raise CommandError(
                f"the API answered {answer.status_code} while it was measured",
                where=f"{method} {path}",
                remedy="`alex logs api`",
            )
        samples.append(1000 * took)
        time.sleep(max(PACE_SECONDS - took, 0))
    return samples


def analyses(say: Say, rounds: int, cloud: LocalCloud) -> list[Row]:
    """Seconds from the request to the stored result: with all functions cold once, then warm."""
    with local.session(cloud, portfolio.INVESTOR) as api:
        portfolio.load(api)
        say("a cold analysis")
        make_cold(cloud)
        cold, cold_job = _analysis(cloud, api)
        warm, warm_job = [], ""
        for number in range(max(rounds, 2)):
            say(f"a warm analysis, {number + 1}")
            took, warm_job = _analysis(cloud, api)
            warm.append(took)
        by_agent = [*job.agents(cloud, cold_job, "cold"), *job.agents(cloud, warm_job, "warm")]
    return [
        Row("analysis", "cold: every function starts", cold, "s", (cold,)),
        Row("analysis", "warm", quantile(warm, 0.5), "s", tuple(warm)),
        Row("analysis", "cold / warm", cold / quantile(warm, 0.5), "x"),
        *by_agent,
    ]


def make_cold(cloud: LocalCloud) -> None:
    """A changed configuration retires a function's workers.

    In AWS any change does; the emulator looks for one of those that a worker starts with, if only to the same value.
    """
    functions = local.client(cloud, "lambda")
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            functions.update_function_configuration(
                FunctionName=function["FunctionName"],
                Description=f"cold {uuid.uuid4().hex[:8]}",
                Timeout=function["Timeout"],
            )


def _analysis(cloud: LocalCloud, api: Api) -> tuple[float, str]:
    """Seconds until the result is stored, and the job's id; a person's approval is outside of the measure."""
    began = time.perf_counter()
    job_id = follow.request(api)
    ended = follow.follow(api, job_id, Step("bench", None), poll=0.05)
    took = time.perf_counter() - began
    if ended["status"] == "awaiting_approval":
        ended = approval.decide(cloud, api, ended, Step("bench", None), decision="approve")
    if ended["status"] != "completed":
        raise CommandError(
            f"the analysis ended as {ended['status']}", where=f"job {job_id}", remedy="`alex logs planner`"
        )
    return took, job_id
