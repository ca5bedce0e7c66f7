"""What the bot does by the clock: which job at which hours, and what becomes of hours that passed unseen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.community import Community
from bot.conversation import Conversation
from bot.digest import Digest
from bot.learning import Learning
from bot.polls import Polls
from bot.routing import Router
from bot.schedule import CatchUp, Schedule, tidy
from bot.welcome import Welcome

A_DAY = CatchUp(timedelta(hours=24))


def add_upkeep(schedule: Schedule, community: Community) -> None:
    """What keeps database, index and what was learnt in order."""
    unit, clock, search = community.unit, community.clock, community.search
    learning = Learning(community)
    schedule.add("tidy", "30 3 * * *", lambda _: tidy(unit, clock.now()), A_DAY)
    schedule.add("snapshot", "15 * * * *", lambda _: search.save())
    schedule.add("learn", "45 3 * * *", lambda _: learning.refit(), A_DAY)
    # A deleted question speaks no more within the hour.
    schedule.add("labels", "5 * * * *", lambda _: learning.resume())


def add_people_jobs(schedule: Schedule, community: Community, heard: Mapping[str, Conversation]) -> None:
    """What the use cases do, in every workspace that is served; the demo plays these alone.

    `heard`: the conversations by workspace; those that are added later are served too.
    """
    digest, polls = Digest(community), Polls(community)
    welcome = Welcome(community, Router(community))

    def everywhere(job: Callable[[str, datetime], object]) -> Callable[[datetime], object]:
        return lambda at: [job(workspace_id, at) for workspace_id in heard]

    schedule.add("polls", "45 3 * * *", everywhere(lambda workspace_id, _: polls.recognise(workspace_id)))
    schedule.add("newcomers", "0 10 * * mon-fri", everywhere(welcome.remind))
    schedule.add("digest", "0 9 * * mon-fri", everywhere(digest.on_day), A_DAY)
    thanks = everywhere(lambda workspace_id, at: heard[workspace_id].recognition.give_thanks(workspace_id, at))
    schedule.add("thanks", "0 10 * * mon-fri", thanks, A_DAY)
    helps = everywhere(lambda workspace_id, _: heard[workspace_id].recognition.keep_up(workspace_id))
    schedule.add("helps", "25,55 * * * *", helps)
    tiers = everywhere(lambda workspace_id, _: heard[workspace_id].recognition.tell_tiers(workspace_id))
    schedule.add("tiers", "40 12 * * wed", tiers)
    care = everywhere(lambda workspace_id, _: heard[workspace_id].care.tell(workspace_id))
    schedule.add("care", "*/15 * * * *", care)
    terms = everywhere(lambda workspace_id, _: heard[workspace_id].ambassadors.remind(workspace_id))
    schedule.add("terms", "0 9 * * mon-fri", terms, A_DAY)
