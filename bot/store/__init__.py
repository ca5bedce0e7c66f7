"""The bot's own tables, and the unit of work in which they change together with the corpus."""

from bot.store.unit import UnitOfWork, WorkInProgress

__all__ = ["UnitOfWork", "WorkInProgress"]
