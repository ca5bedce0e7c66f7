"""Slack's signed HTTP requests: events, commands and interactions all come to /slack/events."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from slack_bolt import App, BoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.platforms.requests import raw_body

PATH = "/slack/events"


def router(app: App, signing_secret: str) -> APIRouter:
    """The route that hands signed requests to the Bolt app."""
    verifier = SignatureVerifier(signing_secret)
    routes = APIRouter()

    @routes.post(PATH)
    def slack_events(request: Request, body: Annotated[bytes, Depends(raw_body)]) -> Response:
        """Acknowledge a signed request once it is in the inbox."""
        if not _signed(verifier, request, body):
            raise HTTPException(401, "invalid request")
        try:
            asked = BoltRequest(body=body.decode(), headers=dict(request.headers))
        except (ValueError, LookupError, AttributeError, TypeError) as error:  # signed, but of no known shape
            raise HTTPException(400, "unreadable request") from error
        answer = app.dispatch(asked)
        headers = {name: values[0] for name, values in answer.headers.items() if values}
        return Response(content=answer.body, status_code=answer.status, headers=headers)

    return routes


def _signed(verifier: SignatureVerifier, request: Request, body: bytes) -> bool:
    try:
        return verifier.is_valid_request(body, dict(request.headers))
    except (ValueError, TypeError):  # a timestamp that is no number, a signature that is no ASCII
        return False
