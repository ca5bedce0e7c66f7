"""What all commands share at the terminal: the language, how results and progress are shown, and exit codes.

Results go to stdout (as JSON with `--json`), progress and errors to stderr. Exit codes: 0 done, 1 the work failed,
2 bad usage or bad input.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from indexer.config import language
from indexer.errors import KyosoError

# What typer raises on bad usage; it gives a name only to this one of its kinds.
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]


def say(ja: str, en: str) -> str:
    """The sentence in the language of the settings."""
    return ja if language() == "ja" else en


JsonFlag = Annotated[bool, typer.Option("--json", help=say("JSON で出力します。", "Print JSON."))]


def show(values: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a result: one JSON object, or a line a value; nested counts in one line."""
    if as_json:
        typer.echo(json.dumps(values, ensure_ascii=False, default=str))
        return
    for name, value in values.items():
        if isinstance(value, Mapping):
            shown = ", ".join(f"{key} {count}" for key, count in value.items()) or "-"
        elif isinstance(value, list | tuple):
            shown = str(len(value))
        else:
            shown = str(value)
        typer.echo(f"{name:<14}{shown}")


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal, nothing in a pipe; call what it yields with (done, of how many)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def run(application: typer.Typer) -> None:
    """Run a command line; an expected failure becomes one line on stderr and its exit code."""
    try:
        sys.exit(application(standalone_mode=False))
    except KyosoError as error:
        typer.echo(error.text(language()), err=True)
        sys.exit(error.exit_code)
    except USAGE_ERROR as error:
        # With no command at all the message is the help, which stays as it is.
        told = error.format_message()  # type: ignore[attr-defined]
        hint = "" if "\n" in told else f" ({say('使い方', 'usage')}: {Path(sys.argv[0]).name} … --help)"
        typer.echo(f"{told}{hint}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
