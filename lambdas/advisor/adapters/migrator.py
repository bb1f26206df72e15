"""Brings a database's schema to the version of the code, exactly once, whoever asks and however often.

Decisions: numbered SQL files are history (a table keeps their checksums; a changed or missing one is refused, never
repaired); a database that is ahead of the code is left alone, because a release that is rolled back must not fail, and
so migrations only ever add what the release before can ignore; each file is one transaction, begun by an
advisory lock, so that two runners take turns and the second finds nothing to do; the Data API takes one statement a
call, hence the splitter.
"""

# ruff: noqa: S608 - the lock is a constant

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from advisor.adapters.data_api import DataApi, Transaction

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
LOCK = 4_127_001
"""Any fixed number: the advisory lock of schema changes."""
TAKE_TURNS = f"SELECT 1 AS locked FROM pg_advisory_xact_lock({LOCK})"
"""In FROM, because the Data API cannot return the function's own type (void)."""

_FILE = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
_TOKEN = re.compile(
    r"""--[^\n]*                        # comment to the end of the line
      | /\*.*?\*/                       # comment between marks
      | '(?:[^']|'')*'                  # text
      | "(?:[^"]|"")*"                  # quoted name
      | (?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag)   # dollar-quoted body
      | (?P<end>;)""",
    re.VERBOSE | re.DOTALL,
)

BOOKKEEPING = """CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name varchar(255) NOT NULL,
    checksum char(64) NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)"""


class MigrationError(Exception):
    """The files and the database's history disagree; the message says which file and what to do."""


@dataclass(frozen=True)
class Migration:
    """One numbered file."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file's text, whatever the line ends of the checkout."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def statements(self) -> Iterator[str]:
        """The file's statements in order, without comments around them."""
        start = 0
        for token in _TOKEN.finditer(self.sql):
            if token.group("end"):
                yield from _statement(self.sql[start : token.start()])
                start = token.end()
        yield from _statement(self.sql[start:])


def _statement(text: str) -> Iterator[str]:
    """The text unless it is only comments and blanks."""
    if re.sub(r"--[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL).strip():
        yield text.strip()


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """All files in order; raises MigrationError on a bad name, a gap or a number given twice."""
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        named = _FILE.match(path.name)
        if not named:
            raise MigrationError(f"{path.name}: name it NNNN_words.sql, like 0001_portfolio.sql")
        version = int(named.group(1))
        if version != len(found) + 1:
            raise MigrationError(f"{path.name}: number {version:04} where {len(found) + 1:04} is due; renumber it")
        found.append(Migration(version, path.stem, path.read_text(encoding="utf-8")))
    if not found:
        raise MigrationError("there are no migrations in the bundle; build it again")
    return found


def migrate(database: DataApi, migrations: list[Migration] | None = None) -> list[str]:
    """Apply what is missing and return its names; raises MigrationError, DatabaseError, UnavailableError."""
    wanted = read_migrations() if migrations is None else migrations
    applied: list[str] = []
    _prepare(database)
    for migration in wanted:
        with database.transaction() as transaction:
            if _due(transaction, migration):
                for statement in migration.statements():
                    transaction.query(statement)
                transaction.query(
                    "INSERT INTO schema_migrations (version, name, checksum) VALUES (:version, :name, :checksum)",
                    version=migration.version,
                    name=migration.name,
                    checksum=migration.checksum,
                )
                applied.append(migration.name)
    return applied


def _prepare(database: DataApi) -> None:
    """Make the bookkeeping table (under the lock: two first runners would collide)."""
    with database.transaction() as transaction:
        transaction.query(TAKE_TURNS)
        transaction.query(BOOKKEEPING)


def _due(transaction: Transaction, migration: Migration) -> bool:
    """Take the lock, then look: True when the file is not applied yet; raises MigrationError when it was changed."""
    transaction.query(TAKE_TURNS)
    transaction.query("SET LOCAL statement_timeout = 0")
    known = transaction.one(
        "SELECT checksum FROM schema_migrations WHERE version = :version", version=migration.version
    )
    if known is None:
        return True
    if known["checksum"] != migration.checksum:
        raise MigrationError(f"{migration.name} was changed after it had been applied; restore it and write a new one")
    return False
