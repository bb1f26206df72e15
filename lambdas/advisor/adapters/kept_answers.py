"""Answers kept by Idempotency-Key (domain 5.3): a repeated request gets the first one's answer and writes nothing.

Decisions: the key's row is written in the same transaction as what the request writes, so that both happen or neither
does: a refused request uses up no key, and of two simultaneous ones the second waits for the first and then gets its
answer. A key is its caller's own and is forgotten after a day; the sweeper removes the rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from advisor.adapters.data_api import DataApi, Transaction
from advisor.adapters.records import Records
from advisor.domain.errors import ConflictError, Detail

KEEP_HOURS = 24
ANOTHER_REQUEST = Detail("Idempotency-Key", "The key belongs to a different request; use a new one")


@dataclass(frozen=True)
class KeptAnswers:
    """The table of answers."""

    database: DataApi

    def once(self, *, user_id: str, key: str, request_hash: str, perform: Callable[[Records], str]) -> str:
        """The kept answer of the key, or that of ``perform``, whose writes go through the records that it is given.

        Raises ConflictError when the key belongs to another request, and whatever ``perform`` raises.
        """
        with self.database.transaction() as transaction:
            if not _taken(transaction, user_id, key, request_hash):
                return _kept(transaction, user_id, key, request_hash)
            answer = perform(Records(transaction))
            transaction.query(
                """UPDATE idempotent_requests SET answer = :answer
                WHERE user_id = :user_id AND idempotency_key = :key""",
                answer=answer,
                user_id=user_id,
                key=key,
            )
            return answer

    def forget_expired(self) -> None:
        """Remove what is older than a day, of everybody: answers hold clients' data."""
        self.database.query(
            """DELETE FROM idempotent_requests
            WHERE created_at < now() - make_interval(hours => CAST(:hours AS integer))""",
            hours=KEEP_HOURS,
        )


def _taken(transaction: Transaction, user_id: str, key: str, request_hash: str) -> bool:
    """Whether the key is this request's now; waits while another one is about to take it."""
    transaction.query(
        """DELETE FROM idempotent_requests WHERE user_id = :user_id AND idempotency_key = :key
        AND created_at < now() - make_interval(hours => CAST(:hours AS integer))""",
        user_id=user_id,
        key=key,
        hours=KEEP_HOURS,
    )
    row = transaction.one(
        """INSERT INTO idempotent_requests (user_id, idempotency_key, request_hash)
        VALUES (:user_id, :key, :hash) ON CONFLICT DO NOTHING RETURNING idempotency_key""",
        user_id=user_id,
        key=key,
        hash=request_hash,
    )
    return row is not None


def _kept(transaction: Transaction, user_id: str, key: str, request_hash: str) -> str:
    row = transaction.one(
        """SELECT request_hash, answer FROM idempotent_requests
        WHERE user_id = :user_id AND idempotency_key = :key""",
        user_id=user_id,
        key=key,
    )
    if row is None or row["request_hash"] != request_hash or row["answer"] is None:
        _refuse()
    return str(row["answer"])


def _refuse() -> NoReturn:
    raise ConflictError([ANOTHER_REQUEST])
