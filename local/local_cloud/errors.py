"""Decision: every refusal of the local cloud is one of these, and its text says what is wrong and what to do."""

from __future__ import annotations


class LocalCloudError(RuntimeError):
    """Something about the local cloud is wrong; the text is for the person who ran the command."""


class PortInUseError(LocalCloudError):
    """Another program listens on the wished port."""


class AlreadyRunningError(LocalCloudError):
    """The local cloud runs already, on another port than the wished one."""


class BusyError(LocalCloudError):
    """Another command is changing this local cloud at the moment."""


class NotRunningError(LocalCloudError):
    """The local cloud has to run for this, and does not."""


class StartError(LocalCloudError):
    """The local cloud did not come up."""


class BrokenEnvironmentError(StartError):
    """The emulator's environment is missing, or lacks a module."""


class DeployError(LocalCloudError):
    """The CDK command line failed. `reasons` are the failed resources, as CloudFormation reported them."""

    def __init__(self, message: str, *, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.reasons = reasons


class MarketDataError(LocalCloudError):
    """The local market data cannot be had, or is not what was pinned."""
