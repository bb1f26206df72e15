"""The stand-in for Langfuse's ingestion: what it takes, what it refuses, and that it cannot fill the disk."""

import base64
import gzip
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.server import traces
from local_cloud.server.traces import INGESTION, Traces

PAIR = base64.b64encode(b"pk-lf-local:sk-lf-local").decode()
FIELDS = {"authorization": f"Basic {PAIR}", "content-type": "application/x-protobuf"}


def test_what_is_sent_is_kept_as_it_came(tmp_path: Path) -> None:
    """OBS-19: the tests of the hierarchy read these files; an altered one would prove nothing."""
    sink = Traces(tmp_path / "traces")
    assert sink.answer("POST", INGESTION, FIELDS, b"one") == (200, {})
    assert sink.answer("POST", INGESTION, FIELDS | {"content-encoding": "gzip"}, gzip.compress(b"two")) == (200, {})
    assert [file.read_bytes() for file in sorted((tmp_path / "traces").iterdir())] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("method", "path", "fields", "body", "status"),
    [
        ("POST", INGESTION, {}, b"", 401),
        ("POST", INGESTION, {"authorization": "Basic !"}, b"", 401),
        ("POST", INGESTION, {"authorization": f"Bearer {PAIR}"}, b"", 401),
        ("POST", INGESTION, {"authorization": "Basic " + base64.b64encode(b"pk:wrong").decode()}, b"", 401),
        ("GET", INGESTION, FIELDS, b"", 404),
        ("POST", "/v1/traces", FIELDS, b"", 404),
        ("POST", INGESTION, FIELDS | {"content-type": "text/html"}, b"", 415),
        ("POST", INGESTION, FIELDS | {"content-encoding": "gzip"}, b"not gzip", 400),
        ("POST", INGESTION, FIELDS | {"content-encoding": "gzip"}, gzip.compress(b"ab")[:-9], 400),
    ],
)
def test_what_langfuse_refuses_is_refused_and_not_kept(  # noqa: PLR0917 - a table's columns
    tmp_path: Path, method: str, path: str, fields: dict[str, str], body: bytes, status: int
) -> None:
    """OBS-21: wrong keys must fail here as they fail there, or nobody notices before production."""
    assert Traces(tmp_path / "traces").answer(method, path, fields, body)[0] == status
    assert not (tmp_path / "traces").exists()


def test_neither_a_bomb_nor_many_jobs_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop's local cloud runs for weeks."""
    sink = Traces(tmp_path)
    bomb = gzip.compress(b"\0" * (traces.MAX_BYTES + 1))
    assert sink.answer("POST", INGESTION, FIELDS | {"content-encoding": "gzip"}, bomb)[0] == 413
    monkeypatch.setattr(traces, "KEPT_FILES", 3)
    for number in range(5):
        sink.answer("POST", INGESTION, FIELDS, str(number).encode())
    assert [file.read_bytes() for file in sorted(tmp_path.iterdir())] == [b"2", b"3", b"4"]


def _post(url: str, fields: dict[str, str], body: bytes = b"spans") -> tuple[int, Any]:
    request = urllib.request.Request(url, data=body, headers=fields, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_running_cloud_takes_traces_at_the_address_that_its_settings_name(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    """OBS-20: functions learn the address from the settings overlay only."""
    overlay = json.loads(cloud.settings_overlay(tmp_path / "settings.yaml").read_text("utf-8"))
    url = overlay["langfuse"]["host"] + INGESTION
    before = len(cloud.traces())
    assert _post(url, FIELDS)[0] == 200
    assert _post(url, {"content-type": "application/x-protobuf"})[0] == 401
    assert _post(url, FIELDS, b"\0" * (traces.MAX_BYTES + 1))[0] == 413
    assert len(cloud.traces()) == before + 1
    assert cloud.traces()[-1].read_bytes() == b"spans"
