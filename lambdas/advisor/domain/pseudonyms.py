"""How logs and audit entries name a user: by one hash everywhere, so that they can be read together (OBS-01)."""

import hashlib


def user_hash(user_id: str) -> str:
    """SHA-256 of the id, in hexadecimal."""
    return hashlib.sha256(user_id.encode()).hexdigest()
