"""Logging: one line an event on stderr, as JSON where nobody watches; never with members' words."""

from __future__ import annotations

import logging
import sys

import structlog


def configure() -> None:
    """Set up structlog. Tracebacks are plain: a rich one would print local variables, and with them messages."""
    watched = sys.stderr.isatty()
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderers = [plain] if watched else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
