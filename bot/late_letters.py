"""When a letter about waiting questions may still arrive that is late: written in its reader's hours, held up since.

The process may die with it in hand, or the platform be away. What was meant for working time is then not for the
evening: it waits until its reader is at work, and reads by then as its questions stand.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import quiet_hours
from bot.choosing import Ambassador
from bot.community import Community
from bot.serving import offered_by
from bot.store import WorkInProgress
from bot.store.outbox import Outgoing

LETTER = "told:"  # begins the key of a letter about waiting questions
AGAIN = timedelta(minutes=15)  # when to see again whether its reader is at work


def welcome_at(community: Community, work: WorkInProgress, letter: Outgoing, now: datetime) -> datetime:
    """When a direct message may be sent: now, or when that is to be asked again."""
    if not letter.key.startswith(LETTER) or letter.member_id is None:
        return now
    working, member_id = community.working_time, letter.member_id
    offer = offered_by(work, letter.workspace_id, community.channel_map, member_id)
    quiet = work.preferences.get(letter.workspace_id, member_id, quiet_hours.PREFERENCE)
    at_work = (offer or Ambassador(member_id)).at_work(now, working)
    return now if at_work and quiet_hours.ends(quiet, now, working.zone) <= now else now + AGAIN
