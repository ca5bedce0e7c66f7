"""The Japanese font of all that the bot draws or prints: IPAex Gothic, which the package matplotlib-fontja ships.

Its licence (IPA Font License 1.0) lets documents and pictures carry it. One font on every machine, so that a chart or a
PDF looks the same wherever it was made.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import distribution
from pathlib import Path

FAMILY = "IPAexGothic"
_FILE = "matplotlib_fontja/fonts/ipaexg.ttf"


@cache
def font_path() -> Path:
    """Where the font file stands. The package is not imported: that would load matplotlib and change its settings."""
    return Path(str(distribution("matplotlib-fontja").locate_file(_FILE)))
