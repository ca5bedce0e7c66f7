"""What the server calls: slash commands at /mattermost/command, buttons and menus at /mattermost/action.

A command carries its token twice, in the form and as `Authorization: Token`; a press carries a context that this bot
has signed. Whoever knows neither gets 401, and nothing is kept. There are no dialogs, so there is no address for them.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, HTTPException, Request

from bot.platforms.mattermost.client import MattermostPlatform
from bot.platforms.mattermost.contexts import Place
from bot.platforms.mattermost.handles import Handle
from bot.platforms.mattermost.listeners import Listeners
from bot.platforms.payloads import Payload, json_in, string_in
from bot.platforms.requests import raw_body
from bot.ports import Clock

COMMAND, ACTION = "/mattermost/command", "/mattermost/action"
# How long a request waits for its answer. The server gives up after `OutgoingIntegrationRequestsTimeout` and would lose
# an answer in it: 30 s, or 3 s where it is set as the documentation of some versions has it.
ANSWER_SECONDS = 2.5


def router(platform: MattermostPlatform, listeners: Listeners, clock: Clock, tokens: Iterable[str]) -> APIRouter:
    """The routes of one team's commands and presses."""
    accepted = tuple(token.encode() for token in tokens if token)
    routes = APIRouter()

    @routes.post(COMMAND)
    def command(request: Request, body: Annotated[bytes, Depends(raw_body)]) -> dict[str, Any]:
        """Keep a verified command and answer it, at once where that takes no longer than a moment."""
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if not _verified(form, request.headers, accepted) or form.get("team_id") != platform.me.team_id:
            raise HTTPException(401, "invalid token")
        ticket = secrets.token_urlsafe(16)
        handle = Handle(
            member_id=form.get("user_id", ""),
            channel_id=form.get("channel_id", ""),
            thread_id=form.get("root_id", ""),
            ticket=ticket,
            hook_id=_hook_id(form.get("response_url", "")),
        )
        with platform.waiting.ticket(ticket) as free:
            kept = listeners.command(form, handle.to_text())
            return (platform.waiting.answer(ticket, ANSWER_SECONDS) if free and kept else None) or {}

    @routes.post(ACTION)
    def action(body: Annotated[bytes, Depends(raw_body)]) -> dict[str, Any]:
        """Keep a verified press and answer it."""
        told = json_in(body.decode("utf-8", "replace"))
        press = platform.signer.read(told.get("context"), clock.now())
        if press is None:
            raise HTTPException(401, "invalid context")
        if press.expired:
            return {"ephemeral_text": platform.words.expired, "skip_slack_parsing": True}
        ticket = secrets.token_urlsafe(16)
        handle = _pressed(told, press.place, ticket)
        with platform.waiting.ticket(ticket) as free:
            kept = listeners.action(told, handle.to_text())
            return (platform.waiting.answer(ticket, ANSWER_SECONDS) if free and kept else None) or {}

    return routes


def _pressed(told: Payload, about: Place, ticket: str) -> Handle:
    """How a press can be answered: where it was made, in the thread only if that is there too."""
    channel_id = string_in(told.get("channel_id"))
    here = channel_id == about.channel_id
    return Handle(
        member_id=string_in(told.get("user_id")),
        channel_id=channel_id,
        thread_id=about.thread_id if here else "",
        ticket=ticket,
        hook_id=about.hook_id,
        about_id="" if here else about.channel_id,
        about_thread_id="" if here else about.thread_id,
        pressed=True,
        post_id=string_in(told.get("post_id")),
        unseen=about.private,
    )


def _verified(form: Mapping[str, str], headers: Mapping[str, str], accepted: Iterable[bytes]) -> bool:
    """Whether one of the accepted tokens stands in both places. Takes as long whichever it is."""
    told = form.get("token", "").encode()
    kind, _, header = headers.get("authorization", "").partition(" ")
    given = header.strip().encode()
    same = [hmac.compare_digest(token, told) & hmac.compare_digest(token, given) for token in accepted]
    return any(same) and kind.lower() == "token"


def _hook_id(response_url: str) -> str:
    """The id in a command's `response_url`. The address itself may be one that only members' browsers can reach."""
    _, found, name = response_url.rpartition("/hooks/commands/")
    return name if found and name.isascii() and name.isalnum() else ""
