"""What members chose for themselves is kept by name, each member's own."""

from __future__ import annotations

from builders import WORKSPACE

from bot.store import UnitOfWork
from indexer.corpus import Database
from indexer.resolution import ResolutionRules


def test_a_choice_is_kept_changed_and_forgotten(any_database: Database) -> None:
    unit = UnitOfWork(any_database, ResolutionRules())
    with unit.begin() as work:
        work.preferences.set(WORKSPACE, "U1", "digest", "personal")
        work.preferences.set(WORKSPACE, "U1", "digest", "off")
        work.preferences.set(WORKSPACE, "U2", "digest", "personal")
        work.preferences.set(WORKSPACE, "U2", "hours", "09:00-12:00")
    with unit.read() as work:
        assert work.preferences.get(WORKSPACE, "U1", "digest") == "off"
        assert work.preferences.get(WORKSPACE, "U3", "digest", "personal") == "personal"
        assert work.preferences.of(WORKSPACE, "U2") == {"digest": "personal", "hours": "09:00-12:00"}
        assert work.preferences.holding(WORKSPACE, "digest") == {"U1": "off", "U2": "personal"}
        assert work.preferences.holding("slack:OTHER", "digest") == {}
    with unit.begin() as work:
        work.preferences.forget(WORKSPACE, "U2", "digest")
    with unit.read() as work:
        assert work.preferences.of(WORKSPACE, "U2") == {"hours": "09:00-12:00"}
