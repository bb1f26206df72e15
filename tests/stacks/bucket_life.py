"""A simulated clock over a bucket's template: what S3 would do with an object on a day after it was written.

S3's rules: a transition takes place when the object's age in days reaches the rule's; expiry in a versioned bucket puts
a delete marker, and the then noncurrent version goes after its own days, but no version that is locked; a version
locked in compliance mode is deleted by nobody, in governance mode by who may bypass it.
"""

from typing import Any


class Life:
    """The life of one object, written on day 0 into an empty bucket with these properties."""

    def __init__(self, bucket: dict[str, Any]) -> None:
        [self._rule] = [r for r in bucket["LifecycleConfiguration"]["Rules"] if r["Status"] == "Enabled"]
        assert not {"Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"} & set(self._rule)
        lock = bucket.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {})
        assert not lock or bucket["ObjectLockEnabled"] is True
        assert not lock or bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        self._mode, self._locked_days = lock.get("Mode"), int(lock.get("Days", 0)) + 365 * int(lock.get("Years", 0))

    def storage(self, day: int) -> str:
        """Storage class on ``day``."""
        reached = [
            (step["TransitionInDays"], step["StorageClass"])
            for step in self._rule.get("Transitions", [])
            if day >= step["TransitionInDays"]
        ]
        return str(max(reached)[1]) if reached else "STANDARD"

    def deletable(self, day: int, *, bypass_governance: bool = False) -> bool:
        """Whether a person with every right, or also the right to bypass governance mode, deletes the version."""
        if day >= self._locked_days:
            return True
        return bypass_governance and self._mode == "GOVERNANCE"

    @property
    def expired_on(self) -> int:
        """The day on which it is no longer found by its name."""
        return int(self._rule["ExpirationInDays"])

    @property
    def gone_on(self) -> int:
        """The day on which S3 itself removes its bytes: after the lock, whatever the lifecycle says."""
        after = int(self._rule["NoncurrentVersionExpiration"]["NoncurrentDays"])
        return max(self.expired_on + after, self._locked_days)
