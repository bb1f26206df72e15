"""Decision: a resource type that ministack does not know is recorded, not refused; known gaps are filled.

ministack rejects a whole template for one unknown type. Here each unknown `AWS::*` type is written to a ledger
with its properties, gets a plausible physical id and attributes, and does nothing: the parity report says so.
For known types this module adds what a template asks for and ministack drops or forgets.
"""

from __future__ import annotations

import hashlib
import threading
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import changesets, provisioners

from local_cloud.adapter import corrections

Props = dict[str, Any]
Handler = dict[str, Any]

# What Ref gives for a type where it is not a name: the ARN, or an id with a prefix.
_REF_IS_ARN = frozenset({
    "AWS::WAFv2::WebACLAssociation", "AWS::AccessAnalyzer::Analyzer", "AWS::CE::AnomalyMonitor",
    "AWS::CE::AnomalySubscription", "AWS::SecurityHub::Hub", "AWS::SecurityHub::Standard", "AWS::RDS::DBProxy",
    "AWS::Bedrock::Guardrail", "AWS::Backup::BackupSelection", "AWS::AuditManager::Assessment",
})  # fmt: skip
_ID_PREFIX = {
    "AWS::EC2::EIP": "eipalloc-", "AWS::EC2::NatGateway": "nat-", "AWS::EC2::NetworkAcl": "acl-",
    "AWS::EC2::FlowLog": "fl-", "AWS::EC2::SecurityGroupIngress": "sgr-", "AWS::EC2::SecurityGroupEgress": "sgr-",
    "AWS::EC2::SubnetNetworkAclAssociation": "aclassoc-", "AWS::EC2::VPCEndpointService": "vpce-svc-",
    "AWS::EC2::VPNGateway": "vgw-", "AWS::EC2::TransitGateway": "tgw-",
}  # fmt: skip
# Known types that ministack refuses when they have this property: alarms over metric maths.
_RECORDED_WHEN = {"AWS::CloudWatch::Alarm": "Metrics"}


class RecordedAttributes(dict[str, Any]):
    """Attributes of a recorded resource: any that a template asks for, derived from its physical id."""

    def __init__(self, resource_type: str, physical_id: str, props: Props) -> None:
        super().__init__({key: value for key, value in props.items() if isinstance(value, str)})
        self._type, self._id = resource_type, physical_id

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        if name.endswith("Arn"):
            return self._id if self._id.startswith("arn:") else arn(self._type, self._id)
        if name == "PublicIp":
            return "192.0.2." + str(int(hashlib.sha256(self._id.encode()).hexdigest()[:2], 16))
        if name in ("Endpoint", "Endpoint.Address"):
            return "recorded.invalid"
        if name.endswith("Port"):
            return "5432"
        if name == "Version":
            return "1"
        return self._id.rsplit("/", 1)[-1] if name.endswith("Id") else self._id


class Ledger:
    """The recorded resources: (stack, logical id) to type, physical id and properties."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def record(self, physical_id: str, entry: dict[str, Any]) -> None:
        """Keep one resource under its physical id."""
        with self._lock:
            self._entries[physical_id] = entry

    def forget(self, physical_id: str) -> None:
        """Drop a deleted resource; unknown ids are ignored, as a delete may be repeated."""
        with self._lock:
            self._entries.pop(physical_id, None)

    def entries(self) -> dict[str, dict[str, Any]]:
        """A copy of the ledger by physical id."""
        with self._lock:
            return dict(self._entries)


LEDGER = Ledger()


class HandlerTable(dict[str, Handler]):
    """ministack's table of resource types, which also answers for every unknown `AWS::*` type."""

    def __contains__(self, resource_type: object) -> bool:
        return isinstance(resource_type, str) and (super().__contains__(resource_type) or _recordable(resource_type))

    def get(self, resource_type: str, default: Any = None) -> Any:
        if super().__contains__(resource_type):
            return super().__getitem__(resource_type)
        return self[resource_type] if _recordable(resource_type) else default

    def __missing__(self, resource_type: str) -> Handler:
        if not _recordable(resource_type):
            raise KeyError(resource_type)
        return recording_handler(resource_type)


def install() -> None:
    """Put the recording table in ministack's two places, with the corrections around known handlers."""
    table = HandlerTable(provisioners._RESOURCE_HANDLERS)
    corrections.apply(table)
    for resource_type, unsupported in _RECORDED_WHEN.items():
        table[resource_type] = _recorded_when(resource_type, table[resource_type], unsupported)
    provisioners._RESOURCE_HANDLERS = table
    changesets._RESOURCE_HANDLERS = table


def _recordable(resource_type: str) -> bool:
    parts = resource_type.split("::")
    return len(parts) == 3 and parts[0] == "AWS" and all(parts) and parts[1] != "CloudFormation"


def recording_handler(resource_type: str) -> Handler:
    """Create, update and delete that only write to the ledger."""

    def create(logical_id: str, props: Props, stack_name: str) -> tuple[str, RecordedAttributes]:
        physical_id = _physical_id(resource_type, logical_id, props, stack_name)
        entry = {"type": resource_type, "stack": stack_name, "logical_id": logical_id, "properties": props}
        LEDGER.record(physical_id, entry)
        return physical_id, RecordedAttributes(resource_type, physical_id, props)

    def update(
        physical_id: str, _old: Props, new: Props, stack_name: str, logical_id: str | None = None
    ) -> tuple[str, RecordedAttributes]:
        entry = {"type": resource_type, "stack": stack_name, "logical_id": logical_id, "properties": new}
        LEDGER.record(physical_id, entry)
        return physical_id, RecordedAttributes(resource_type, physical_id, new)

    def delete(physical_id: str, _props: Props) -> None:
        LEDGER.forget(physical_id)

    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def _recorded_when(resource_type: str, known: Handler, unsupported: str) -> Handler:
    """ministack's handler, but the recording one for a resource that has a property ministack refuses."""
    recording = recording_handler(resource_type)

    def create(logical_id: str, props: Props, stack_name: str) -> Any:
        return (recording if unsupported in props else known)["create"](logical_id, props, stack_name)

    def update(physical_id: str, old: Props, new: Props, stack_name: str, logical_id: str | None = None) -> Any:
        if (unsupported in old) != (unsupported in new):
            delete(physical_id, old)
            return create(logical_id or physical_id, new, stack_name)
        if unsupported in new:
            return recording["update"](physical_id, old, new, stack_name, logical_id)
        if "update" not in known:
            return known["create"](logical_id or physical_id, new, stack_name)
        last = (logical_id,) if known.get("update_with_logical_id") else ()
        return known["update"](physical_id, old, new, stack_name, *last)

    def delete(physical_id: str, props: Props) -> None:
        (recording if unsupported in props else known)["delete"](physical_id, props)

    return {**known, "create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def _physical_id(resource_type: str, logical_id: str, props: Props, stack_name: str) -> str:
    mark = hashlib.sha256(f"{stack_name}/{logical_id}".encode()).hexdigest()
    if prefix := _ID_PREFIX.get(resource_type):
        return prefix + mark[:17]
    kind = resource_type.rsplit("::", 1)[1]
    given = props.get("Name") or props.get(f"{kind}Name")
    name = given if isinstance(given, str) else f"{stack_name}-{logical_id}"[:50] + f"-{mark[:8]}"
    return arn(resource_type, name) if resource_type in _REF_IS_ARN else name


def arn(resource_type: str, name: str) -> str:
    """A well-formed ARN for a recorded resource."""
    _aws, service, kind = resource_type.split("::")
    dashed = "".join(f"-{c.lower()}" if c.isupper() else c for c in kind).lstrip("-")
    return f"arn:aws:{service.lower()}:{get_region()}:{get_account_id()}:{dashed}/{name}"
