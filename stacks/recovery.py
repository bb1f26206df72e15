"""The vault in the recovery region that copies of all recovery points go to (DR-02).

Decision: a stack of its own, in the other region and with a key of its own there. Nothing refers to it but by the
vault's name, so that losing the first region takes neither the copies nor the key that opens them.
"""

from constructs import Construct

from hardened import Classification, CustomerKey, KeyAdministrators
from hardened.backup import LockedVault
from settings import Settings
from stacks.backups import recovery_vault_name, vault_lock
from stacks.base import PlatformStack, removal_policy


class RecoveryStack(PlatformStack):
    """The second region's vault and its key."""

    stands_alone = True

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, region: str) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            description="Alex: copies of the backups",
            holds=Classification.AUDIT,
            region=region,
        )
        removal = removal_policy(settings)
        key = CustomerKey(
            self,
            "Key",
            holds="copies of the backups",
            classification=Classification.AUDIT,
            administrators=KeyAdministrators(self, "KeyAdministrators"),
            removal_policy=removal,
        )
        name = recovery_vault_name(settings)
        LockedVault(self, "Vault", name=name, key=key, lock=vault_lock(settings), removal_policy=removal)
