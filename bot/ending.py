"""How a process that serves ends: in order when it is told to, and in any case soon after."""

from __future__ import annotations

import faulthandler
import os
import signal
import threading

import structlog

# For what is in hand; then the process ends all the same, as if it were killed, which loses nothing.
PATIENCE_SECONDS = 25.0

log = structlog.get_logger(__name__)


def end_in_order(patience: float = PATIENCE_SECONDS) -> None:
    """Let SIGTERM unwind what runs instead of cutting it off; uvicorn hands the signal on when it has ended.

    What unwinds can be held up: by a library that swallows the exception, or whose threads wait for a network. So the
    process ends after `patience` seconds, and logs where its threads stand.
    """

    def end(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        last = threading.Timer(patience, _end_now)
        last.daemon = True
        last.start()
        raise SystemExit(0)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)


def _end_now() -> None:
    log.error("not ended in order, ending now")
    faulthandler.dump_traceback()  # names of functions and lines, no values
    os._exit(1)
