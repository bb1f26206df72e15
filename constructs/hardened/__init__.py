"""How a thing is built safely: constructs that make the safe way the short way (CONF-05)."""

from hardened.acknowledge import AcknowledgementError, acknowledge, demand_gate
from hardened.backup import Backup
from hardened.buckets import AccessLogBucket, ArchiveBucket
from hardened.database import Database, DatabaseSize, Protection
from hardened.defaults import SecureDefaults
from hardened.endpoints import INTERFACE_ENDPOINTS, Endpoints
from hardened.keys import CustomerKey, KeyAdministrators, Keys
from hardened.migrations import Migrations
from hardened.network import FunctionNetwork, Network
from hardened.rotation import Rotation
from hardened.tags import Classification, classify, tag_platform
from hardened.topics import PUBLISHERS, Alerts, AlertTopic

__all__ = [
    "INTERFACE_ENDPOINTS",
    "PUBLISHERS",
    "AccessLogBucket",
    "AcknowledgementError",
    "AlertTopic",
    "Alerts",
    "ArchiveBucket",
    "Backup",
    "Classification",
    "CustomerKey",
    "Database",
    "DatabaseSize",
    "Endpoints",
    "FunctionNetwork",
    "KeyAdministrators",
    "Keys",
    "Migrations",
    "Network",
    "Protection",
    "Rotation",
    "SecureDefaults",
    "acknowledge",
    "classify",
    "demand_gate",
    "tag_platform",
]
