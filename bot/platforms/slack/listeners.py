"""The Bolt app: whatever Slack reports is in the inbox before it is acknowledged, each report once.

Everything runs in one middleware ahead of Bolt's authorization and listeners. So no Web API call stands between a
report and its acknowledgement, nothing is filtered (the bot's own posts are recorded as its own), and a report that
could not be kept is answered with 500: Slack sends it again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt import App, BoltResponse

from bot.platforms.payloads import Payload, dict_in
from bot.platforms.slack.identity import ACTION, COMMAND, EVENT, SHORTCUT, Identity, event_id
from bot.platforms.slack.web_api import web_client
from bot.ports import Clock
from bot.store import UnitOfWork

log = structlog.get_logger(__name__)

# Interactions that are kept; others (views, dialogs) are nobody's here and are merely acknowledged.
INTERACTIONS = {"block_actions": ACTION, "message_action": SHORTCUT, "shortcut": SHORTCUT}


class Listeners:
    """Keeps reports in the inbox. `arrived` is called after each new one, so that work need not wait for its turn."""

    def __init__(
        self, unit: UnitOfWork, me: Identity, clock: Clock, arrived: Callable[[], None] = lambda: None
    ) -> None:
        self._unit = unit
        self._me = me
        self._clock = clock
        self._arrived = arrived

    def keep(self, body: Payload) -> bool:
        """Put a report into the inbox; False where it was there already or is of no concern."""
        kind = _kind(body)
        if kind is None:
            return False
        with self._unit.begin() as work:
            new = work.inbox.put(self._me.workspace_id, event_id(kind, body, self._me), kind, body, self._clock.now())
        if new:
            self._arrived()
        return new

    def middleware(self, body: dict[str, Any], next: Callable[[], BoltResponse]) -> BoltResponse:  # noqa: A002 - Bolt's name
        """Keep and acknowledge; only Slack's check of the address goes on to Bolt's own answer."""
        if body.get("type") == "url_verification":
            return next()
        if body.get("type") == "app_rate_limited":
            log.warning("slack withholds events", minute=body.get("minute_rate_limited"))
        self.keep(body)
        return BoltResponse(status=200, body="")


def bolt_app(listeners: Listeners, *, token: str, api_url: str, signing_secret: str = "") -> App:
    """The Bolt app in front of `listeners`; with a signing secret it takes signed HTTP requests too."""
    return App(
        name="kyoso",
        client=web_client(token, api_url),
        # Without one no HTTP request is to get through, and Socket Mode is authenticated by its token.
        signing_secret=signing_secret or secrets.token_hex(),
        token_verification_enabled=False,  # the platform asked auth.test already
        before_authorize=listeners.middleware,
    )


def _kind(body: Payload) -> str | None:
    """The kind of inbox entry a report makes; None where nobody listens to its like."""
    if dict_in(body.get("event")):
        return EVENT
    if isinstance(body.get("command"), str):
        return COMMAND
    return INTERACTIONS.get(str(body.get("type")))
