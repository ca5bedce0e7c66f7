"""Prepared statements find and change the same on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from builders import WORKSPACE, member
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from indexer.corpus import Corpus, Database
from indexer.corpus.database import adding
from indexer.corpus.prepared import Prepared
from indexer.corpus.tables import members, positions

SEEN = datetime(2026, 4, 1, 12, 30, 15, 250_000, tzinfo=UTC)
SOME = Prepared(
    select(members.c.id, members.c.guest, members.c.observed_at)
    .where(members.c.workspace_id == bindparam("workspace"), members.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(members.c.id)
)
SINCE = Prepared(select(members.c.id).where(members.c.observed_at >= bindparam("since"), members.c.bot.is_(False)))
RENAME = Prepared(
    update(members).where(members.c.id.in_(bindparam("ids", expanding=True))).values(display_name="改名", title="職")
)


@pytest.fixture
def peopled(any_database: Database) -> Database:
    with any_database.begin() as connection:
        Corpus(connection).record_members([member("U1", "一"), member("U'2", "二"), member("あ", "三")], SEEN)
    return any_database


def test_rows_have_names_places_and_the_values_that_their_columns_mean(peopled: Database) -> None:
    with peopled.read() as connection:
        rows = SOME.rows(connection, {"workspace": WORKSPACE, "ids": ["あ", "U'2", "unknown"]})
        assert [(row.id, row[1], row.observed_at) for row in rows] == [("U'2", False, SEEN), ("あ", False, SEEN)]
        assert SOME.first(connection, {"workspace": WORKSPACE, "ids": ["U1"]}).id == "U1"


def test_no_values_find_nothing_and_more_than_one_statement_takes_are_found(peopled: Database) -> None:
    with peopled.read() as connection:
        assert SOME.rows(connection, {"workspace": WORKSPACE, "ids": []}) == []
        assert SOME.first(connection, {"workspace": WORKSPACE, "ids": []}) is None
        many = [f"M{number}" for number in range(40_000)] + ["U1"]
        if connection.dialect.name == "sqlite":  # PostgreSQL takes 65,535 values as the driver sends them
            assert [row.id for row in SOME.rows(connection, {"workspace": WORKSPACE, "ids": many})] == ["U1"]


def test_times_are_compared_in_utc_whatever_their_zone(peopled: Database) -> None:
    japan = timezone(timedelta(hours=9))
    with peopled.read() as connection:
        assert len(SINCE.rows(connection, {"since": SEEN.astimezone(japan)})) == 3
        assert SINCE.rows(connection, {"since": SEEN.astimezone(japan) + timedelta(microseconds=1)}) == []


def test_a_change_tells_how_many_rows_it_changed(peopled: Database) -> None:
    with peopled.begin() as connection:
        assert RENAME.run(connection, {"ids": ["U1", "あ", "unknown"]}) == 2
        assert {(one.display_name, one.title) for one in Corpus(connection).members(WORKSPACE, ["U1", "あ"])} == {
            ("改名", "職")
        }


def test_several_rows_are_inserted_and_undone_with_their_transaction(peopled: Database) -> None:
    rows = [{"id": number, "position": number} for number in (7, 8)]
    with peopled.begin() as connection:
        Prepared(insert(positions), ("id", "position")).each(connection, rows)
        connection.rollback()
    with peopled.begin() as connection:
        statement = adding(connection.dialect.name, positions, ("id", "position"), "position")
        assert statement.first(connection, rows[0]).position == 7
        assert statement.first(connection, rows[0]) is None


def test_a_parameter_that_is_not_given_is_refused(peopled: Database) -> None:
    with peopled.read() as connection, pytest.raises((KeyError, SQLAlchemyError)):
        SOME.rows(connection, {"ids": ["U1"]})
