"""One synthesised template and its resources, as rules see them.

Decision: rules read the template's JSON, which is what will be deployed, and not the construct tree, which does not
show what an override or a transformation changed.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from soc2.resolve import ABSENT, chosen, holds, resolve
from soc2.values import Undecided, Unknown

if TYPE_CHECKING:
    from soc2.assembly import Assembly

APPLICATION = "Application"
"""Type of the subject of rules about all templates together, for example "a trail exists"."""


Links = tuple[dict[tuple[str, str], list["Resource"]], dict[str, list["Resource"]], list[tuple["Resource", Unknown]]]

_NAMES = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::RDS::DBCluster": "DBClusterIdentifier",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::SQS::Queue": "QueueName",
}
"""The property that names a resource, by which others may name it instead of by reference."""


class TemplateError(ValueError):
    """A file that is no CloudFormation template; the text says where and what to do."""


class Resource:
    """One resource of a template. `get` reads its properties."""

    def __init__(self, stack: "Stack", logical_id: str, raw: dict[str, Any]) -> None:
        self.stack = stack
        self.logical_id = logical_id
        self.raw = raw
        self.type = str(raw.get("Type", ""))
        self._resolved: dict[tuple[str | int, ...], Any] = {}

    def __repr__(self) -> str:
        return f"<{self.type} {self.stack.name}/{self.logical_id}>"

    @property
    def assembly(self) -> "Assembly":
        """What the resource's template was judged with."""
        return self.stack.assembly

    @property
    def key(self) -> tuple[str, str]:
        """(stack, logical id): unique in the assembly."""
        return self.stack.name, self.logical_id

    @property
    def path(self) -> str:
        """Construct path where CDK wrote one, otherwise stack and logical id."""
        metadata = self.raw.get("Metadata")
        path = metadata.get("aws:cdk:path") if isinstance(metadata, dict) else None
        return path if isinstance(path, str) else f"{self.stack.name}/{self.logical_id}"

    @property
    def properties(self) -> Any:
        """All properties, resolved: plain data with `Text` and `Unknown`."""
        return self.get()

    def get(self, *path: str | int, default: Any = None) -> Any:
        """The property at ``path``, for example ``get("Environment", "Variables")``; ``default`` when it is absent.

        An unknown value on the way is the answer: using it raises `Undecided`. Only conditions on the way and below
        the value matter to a verdict.
        """
        if path in self._resolved:
            found = self._resolved[path]
            return default if found is ABSENT else found
        world = self.assembly.world
        before, world.touched = world.touched, False
        found = self._read(path)
        if not world.touched:  # the same in every world
            self._resolved[path] = found
        world.touched = world.touched or before
        return default if found is ABSENT else found

    def names(self, *path: str | int) -> list[str]:
        """The names in the object at ``path``, whatever their values depend on; none when it is absent.

        :raises Undecided: the object itself is unknown.
        """
        raw = self._raw_at(path)
        if isinstance(raw, Unknown):
            raise Undecided(raw.reason)
        return [str(name) for name in raw] if isinstance(raw, dict) else []

    def _read(self, path: tuple[str | int, ...]) -> Any:
        raw = self._raw_at(path)
        return raw if isinstance(raw, Unknown) or raw is ABSENT else resolve(raw, self.stack)

    def _raw_at(self, path: tuple[str | int, ...]) -> Any:
        raw = chosen(self.raw.get("Properties", {}), self.stack)
        for step in path:
            if isinstance(raw, Unknown):
                return raw
            if isinstance(raw, list):
                raw = [branch for item in raw if (branch := chosen(item, self.stack)) is not ABSENT]
            if isinstance(raw, dict) and step in raw:
                raw = chosen(raw[step], self.stack)
            elif isinstance(raw, list) and isinstance(step, int) and -len(raw) <= step < len(raw):
                raw = raw[step]
            else:
                return ABSENT
        return raw

    def referrers(self, *types: str) -> list["Resource"]:
        """Resources of ``types``, in any stack, that surely name this one somewhere in their properties.

        Unlike `linked` it asks no condition of resources that have nothing to do with this one.
        """
        found = [r for r in self.assembly.referrers.get(self.key, ()) if not types or r.type in types]
        return [resource for resource in found if resource.exists_with(self)]

    def linked(self, of_type: str, *path: str | int) -> Iterator["Resource"]:
        """Resources of a type whose property at ``path`` names this one, by reference or by its literal name.

        Meant for `soc2.values.some`: those that surely do come first.

        :raises Undecided: at the end, when the property of another one is unknown, so that it might, or when a loop
            makes further ones.
        """
        links, names, unknown = self.assembly.links(of_type, path)
        name = self.get(_NAMES[self.type]) if self.type in _NAMES else None
        named = names.get(name, ()) if isinstance(name, str) else ()
        for resource in (*links.get(self.key, ()), *named):
            if resource is not self and resource.exists_with(self):
                yield resource
        if isinstance(name, Unknown) and names:
            raise Undecided(f"the name of {self.logical_id}: {name.reason}")
        for resource, value in unknown:
            if resource is not self and resource.exists_with(self):
                raise Undecided(f"{resource.logical_id}: {value.reason}")
        self.assembly.refuse_loops(of_type)

    def exists(self) -> bool:
        """Whether it exists in this world.

        :raises Fork: that depends on a condition that this world has not chosen.
        """
        condition = self.raw.get("Condition")
        return condition is None or holds(condition, self.stack)

    def exists_with(self, other: "Resource") -> bool:
        """Whether it exists in this world, given that ``other`` does.

        :raises Fork: see `exists`.
        """
        same = self.stack is other.stack and self.raw.get("Condition") == other.raw.get("Condition")
        return same or self.exists()


class Stack:
    """One template of an assembly.

    ``passed`` are its parent and the parameters' raw values that it passes; ``nested`` the stacks that it deploys, by
    the logical id of their resources.
    """

    def __init__(self, assembly: "Assembly", name: str, raw: Any) -> None:
        if not isinstance(raw, dict) or not isinstance(raw.get("Resources"), dict):
            raise TemplateError(
                f"{name}: no object `Resources` at the top, so this is no CloudFormation template; "
                "name a file like cdk.out/STACK.template.json"
            )
        self.assembly = assembly
        self.name = name
        self.raw = raw
        self.parameters = section(raw, "Parameters")
        self.conditions = section(raw, "Conditions")
        self.mappings = section(raw, "Mappings")
        self.raw_resources = raw["Resources"]
        # What ties a nested stack to the one that deploys it: the assembly fills these.
        self.passed: tuple[Stack, dict[str, Any]] | None = None
        self.nested: dict[str, Stack] = {}
        self.resources = {
            logical_id: Resource(self, logical_id, resource)
            for logical_id, resource in self.raw_resources.items()
            if isinstance(resource, dict)
        }


def section(raw: dict[str, Any], name: str) -> dict[str, Any]:
    """A top-level section of a template; empty when it has none."""
    section = raw.get(name)
    return section if isinstance(section, dict) else {}
