"""What every platform's HTTP endpoint does first: read a body of bounded length, before anything is verified."""

from __future__ import annotations

from fastapi import HTTPException, Request

LONGEST_BODY = 2_000_000  # bytes; a message of any platform's own limits, many times over


async def raw_body(request: Request) -> bytes:
    """The raw body, which signatures cover; one without end is refused before it fills the memory."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise HTTPException(413, "too large")
    return bytes(body)
