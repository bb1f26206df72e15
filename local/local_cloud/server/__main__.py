"""Decision: one process is the local cloud: the emulator, its adapter, PostgreSQL as a child, one port.

Run by `local_cloud.process` in the emulator's own environment, with one argument: the file with its settings.
It refuses to start when the adapter does not fit the emulator, and ends everything it started when it stops.
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


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")

    from local_cloud.adapter import access, custom_resources, database, functions, models, pace, resources, touches  # noqa: PLC0415

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
    market = Market(Path(settings["market_wheel"])) if settings.get("market_wheel") else None
    routes = Routes(
        app.app,
        issuer=Issuer(f"http://127.0.0.1:{port}/_issuer"),
        market=market,
        control=Control(instance=settings["instance"], faults=faults, bridge=bridge, postgres=postgres),
    )
    try:
        postgres.start()
        asyncio.run(_serve(Guard(routes, port=port, admin_key=settings["admin_key"]), port=port))
    finally:
        threading.Thread(target=_exit_anyway, args=(postgres,), daemon=True).start()
        lambda_runtime.reset()
        bridge.close()
        postgres.stop()
    # The emulator's worker threads may still wait for a function: nothing is left that they could do.
    os._exit(0)


async def _serve(app: Any, *, port: int) -> None:
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
    await serve(app, config, shutdown_trigger=stop.wait)


def _exit_anyway(postgres: Any) -> None:
    """A stop never hangs: what has not ended by itself in time is ended by the process's end."""
    threading.Event().wait(_STOP_SECONDS)
    if postgres.pid:
        os.kill(postgres.pid, signal.SIGQUIT)
    os._exit(1)


if __name__ == "__main__":
    main()
