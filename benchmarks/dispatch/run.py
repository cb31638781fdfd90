"""The day stream, every policy on the same days: the same as ``skystork bench dispatch``, from the source tree.

The settings were frozen after days 100 to 104; days 900 to 909 were played once, for the figures in docs/dispatch.md.
"""

from __future__ import annotations

import sys

from skystork.app.cli import app

if __name__ == "__main__":
    app(["bench", "dispatch", *sys.argv[1:]])
