"""What the tests of imports ask of the record, and of an import's report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from indexer.corpus import Corpus, Database
from indexer.errors import KyosoError
from indexer.model import Message, Thread


@contextmanager
def corpus_of(database: Database) -> Iterator[Corpus]:
    with database.begin() as connection:
        yield Corpus(connection)


def threads_of(database: Database) -> list[Thread]:
    with corpus_of(database) as corpus:
        return corpus.threads(change.thread_id for change in corpus.changed_since(0))


def messages_of(threads: Sequence[Thread]) -> list[Message]:
    return [message for thread in threads for message in (thread.root, *thread.replies)]


def texts(database: Database) -> list[str]:
    return sorted(message.text for message in messages_of(threads_of(database)))


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def kinds(problems: Sequence[KyosoError]) -> list[type[KyosoError]]:
    return [type(problem) for problem in problems]
