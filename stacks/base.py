"""What every stack of the platform has: named zones, tags, protection by tier."""

from aws_cdk import Environment, RemovalPolicy, Stack
from constructs import Construct

from hardened import Classification, classify, tag_platform
from settings import Settings


class PlatformStack(Stack):
    """A stack that asks no account anything: its availability zones come from the settings.

    :param holds: sensitivity of the data in the stack, for its tags.
    :param region: where it is deployed, if not in the environment's region.
    """

    stands_alone = False
    """It may be deployed without the others, to another account: nobody may import from it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        description: str,
        holds: Classification = Classification.INTERNAL,
        region: str | None = None,
    ) -> None:
        # Before CDK's constructor, which may already ask for the zones.
        self._zones = list(settings.network.availability_zones)
        super().__init__(
            scope,
            construct_id,
            description=description,
            termination_protection=settings.is_production,
            env=Environment(account=settings.account, region=region) if region else None,
        )
        tag_platform(self, environment=settings.name, owner=settings.cost.owner, cost_center=settings.cost.cost_center)
        classify(self, holds)

    @property
    def availability_zones(self) -> list[str]:
        """The zones of the settings, in place of a look-up in an account (CONF-02)."""
        return self._zones


def removal_policy(settings: Settings) -> RemovalPolicy:
    """Stateful resources outlive their stack in staging and production; elsewhere they go with it."""
    return RemovalPolicy.RETAIN if settings.tier in {"staging", "prod"} else RemovalPolicy.DESTROY
