"""Decision: one process is the local cloud: the emulator, its adapter, PostgreSQL as a child, one port.

Run by `local_cloud.process` in the emulator's own environment, with one argument: the file with its settings
(`--check` only looks whether the environment is whole). It refuses to start when the adapter does not fit the
emulator, and ends everything it started when it stops. It also stops when its settings file is gone or names another
cloud: whoever removes the folder, or loses that file, could not stop it any more.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

_STOP_SECONDS = 2.5
_LOOK_SECONDS = 2.0


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    if sys.argv[1] == "--check":
        _check()
        return
    settings = json.loads(Path(sys.argv[1]).read_text())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")

    from local_cloud.adapter import (  # noqa: PLC0415
        access,
        custom_resources,
        database,
        functions,
        models,
        pace,
        resources,
        touches,
        workflows,
    )

    touches.verify()
    from ministack import app  # noqa: PLC0415
    from ministack.core import lambda_runtime  # noqa: PLC0415

    from local_cloud.dataapi.bridge import Bridge  # noqa: PLC0415
    from local_cloud.server.control import Control  # noqa: PLC0415
    from local_cloud.server.guard import Guard  # noqa: PLC0415
    from local_cloud.server.issuer import Issuer  # noqa: PLC0415
    from local_cloud.server.market import Market  # noqa: PLC0415
    from local_cloud.server.postgres import SUPERUSER, Postgres  # noqa: PLC0415
    from local_cloud.server.routes import Routes  # noqa: PLC0415
    from local_cloud.server.traces import Traces  # noqa: PLC0415

    state, port = Path(settings["state"]), int(settings["port"])
    postgres, faults = Postgres(state=state), models.Faults()
    bridge = Bridge(host=postgres.host, port=postgres.port, superuser=SUPERUSER)
    access.install()
    database.install(bridge)
    functions.install(state=state, port=port)
    models.install(faults)
    resources.install()
    pace.install()
    custom_resources.install()
    workflows.install()
    market = Market(Path(settings["market_wheel"])) if settings.get("market_wheel") else None
    routes = Routes(
        app.app,
        issuer=Issuer(f"http://127.0.0.1:{port}/_issuer"),
        market=market,
        traces=Traces(state / "traces"),
        control=Control(instance=settings["instance"], faults=faults, bridge=bridge, postgres=postgres),
    )
    try:
        postgres.start()
        guarded = Guard(routes, port=port, admin_key=settings["admin_key"])
        asyncio.run(_serve(guarded, port=port, record=Path(sys.argv[1]), instance=settings["instance"]))
    finally:
        threading.Thread(target=_exit_anyway, args=(postgres,), daemon=True).start()
        lambda_runtime.reset()
        bridge.close()
        postgres.stop()
    # The emulator's worker threads may still wait for a function: nothing is left that they could do.
    os._exit(0)


def _check() -> None:
    """Print `whole` when every module of the server imports, fits the emulator, and PostgreSQL is there."""
    from hypercorn.asyncio import serve  # noqa: F401, PLC0415

    from local_cloud.adapter import (  # noqa: F401, PLC0415
        access,
        custom_resources,
        database,
        functions,
        models,
        pace,
        resources,
        touches,
        workflows,
    )
    from local_cloud.dataapi.bridge import Bridge  # noqa: F401, PLC0415
    from local_cloud.server import issuer, postgres  # noqa: F401, PLC0415

    touches.verify()
    postgres.wheel_folder()
    sys.stdout.write("whole\n")


async def _serve(app: Any, *, port: int, record: Path, instance: str) -> None:
    from hypercorn.asyncio import serve  # noqa: PLC0415
    from hypercorn.config import Config  # noqa: PLC0415

    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.2
    config.shutdown_timeout = 0.5
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    watch = asyncio.create_task(_stop_when_forgotten(stop, record, instance))
    await serve(app, config, shutdown_trigger=stop.wait)
    watch.cancel()


async def _stop_when_forgotten(stop: asyncio.Event, record: Path, instance: str) -> None:
    while not stop.is_set():
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            known = json.loads(record.read_text()).get("instance")
        except (OSError, ValueError, AttributeError):
            known = None
        if known != instance:
            logging.getLogger("local_cloud").warning("%s does not name this cloud any more: it stops", record)
            stop.set()


def _exit_anyway(postgres: Any) -> None:
    """A stop never hangs: what has not ended by itself in time is ended by the process's end."""
    threading.Event().wait(_STOP_SECONDS)
    if postgres.pid:
        os.kill(postgres.pid, signal.SIGQUIT)
    os._exit(1)


if __name__ == "__main__":
    main()
