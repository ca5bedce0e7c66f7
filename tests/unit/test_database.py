"""Transactions: many at once, and the next one after one that failed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from builders import NOON, message

from indexer.corpus import Corpus, Database

AT_ONCE = 40  # more than any pool of connections has by itself


def test_forty_threads_read_at_the_same_moment(database_file: Database) -> None:
    together = threading.Barrier(AT_ONCE)

    def read(_number: int) -> int:
        with database_file.read() as connection:
            together.wait(30)
            return Corpus(connection).position()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert list(pool.map(read, range(AT_ONCE))) == [0] * AT_ONCE


def test_a_transaction_that_fails_leaves_nothing_and_the_next_one_works(any_database: Database) -> None:
    with pytest.raises(RuntimeError):
        record_and_fail(any_database)
    with any_database.begin() as connection:
        assert Corpus(connection).position() == 0
        Corpus(connection).record([message("2", "残るはずの投稿です。")], NOON)
    with any_database.read() as connection:
        assert [change.thread_id for change in Corpus(connection).changed_since(0)] != []


def record_and_fail(database: Database) -> None:
    with database.begin() as connection:
        Corpus(connection).record([message("1", "消えるはずの投稿です。")], NOON)
        raise RuntimeError


def test_transactions_within_one_another_are_apart(any_database: Database) -> None:
    with any_database.read() as outer:
        before = Corpus(outer).position()
        with any_database.begin() as connection:
            Corpus(connection).record([message("1", "あとからの投稿です。")], NOON)
        with any_database.read() as inner:
            assert Corpus(inner).position() > before
