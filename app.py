"""The platform's CDK application: settings -> stage -> policy gate -> synthesis.

`cdk synth -c env=prod` reads `settings/environments/prod.yaml`; it needs no account, credentials or network.
Further context: `settings` (a YAML file laid over the environment's) and `bundles` (`target`, or `host` for this
machine).
"""

import sys

import stacks.node  # isort: skip  # noqa: F401 - first: it chooses the Node that CDK starts

from pathlib import Path

from aws_cdk import App

from settings import SettingsError, load
from soc2 import GateError, synthesise
from stacks.api import ContractMissingError
from stacks.bundles import BundleMissingError, Bundles, Target
from stacks.stage import PlatformStage


def main() -> int:
    """Synthesise the environment that the context names; 1 with a message when that is not possible."""
    app = App()
    overlay = app.node.try_get_context("settings")
    try:
        settings = load(app.node.try_get_context("env"), Path(overlay) if overlay else None)
        host = app.node.try_get_context("bundles") == "host"
        target = Target.this_machine() if host else Target(settings.functions.architecture, settings.functions.python)
        PlatformStage(app, settings=settings, bundles=Bundles(target=target))
        synthesise(app)
    except (SettingsError, BundleMissingError, ContractMissingError, GateError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
