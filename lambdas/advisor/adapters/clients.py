"""Who advises whom, in PostgreSQL: what advisers and compliance list, and what a client decides (AUTH-04)."""

# ruff: noqa: S608 - column lists and conditions are constants of the code; values are always parameters

from dataclasses import dataclass
from datetime import datetime

from advisor.adapters.data_api import DataApi
from advisor.adapters.records import NO_PROFILE
from advisor.adapters.rows import USER, columns_of, user_of
from advisor.domain.errors import Detail, NotFoundError
from advisor.domain.models import User


@dataclass(frozen=True)
class Client:
    """A user in a list: no goals and no figures."""

    user_id: str
    display_name: str | None
    advisor_id: str | None
    created_at: datetime | None


class Clients:
    """Users and their advisers over the Data API; raises DatabaseError, UnavailableError."""

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def get(self, user_id: str) -> User | None:
        """Somebody's profile, or None; reading makes none."""
        row = self._database.one(f"SELECT {USER} FROM users WHERE user_id = :user_id", user_id=user_id)
        return user_of(row) if row else None

    def of(self, advisor_id: str, *, limit: int, after: str = "") -> list[Client]:
        """An adviser's clients by id: at most ``limit`` behind the id ``after``."""
        return self._listed("advisor_id = :advisor_id AND", limit=limit, after=after, advisor_id=advisor_id)

    def all(self, *, limit: int, after: str = "") -> list[Client]:
        """All users by id, likewise."""
        return self._listed("", limit=limit, after=after)

    def _listed(self, condition: str, **values: str | int) -> list[Client]:
        rows = self._database.query(
            f"""SELECT user_id, display_name, advisor_id, created_at FROM users
            WHERE {condition} user_id > :after ORDER BY user_id LIMIT :limit""",
            **values,
        )
        return [Client(**row) for row in rows]

    def choose_adviser(self, user_id: str, advisor_id: str | None) -> tuple[User, str | None]:
        """Set who advises the user; returns the user, and who did before. Raises NotFoundError for an unknown one."""
        row = self._database.one(
            f"""UPDATE users u SET advisor_id = :advisor_id
            FROM (SELECT user_id AS own_id, advisor_id AS before FROM users WHERE user_id = :user_id FOR UPDATE) own
            WHERE u.user_id = own_id AND (
                CAST(:advisor_id AS varchar) IS NULL OR EXISTS (SELECT FROM users WHERE user_id = :advisor_id)
            )
            RETURNING {columns_of("u", USER)}, before""",
            user_id=user_id,
            advisor_id=advisor_id,
        )
        if row is not None:
            before = row.pop("before")
            return user_of(row), before
        if self.get(user_id) is None:
            raise NotFoundError([NO_PROFILE])
        raise NotFoundError([Detail("advisor_id", "There is no such user; an adviser signs in once before")])
