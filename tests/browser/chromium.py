"""Finds the browser of the tests; run as a script, it also installs one where it may.

Debian's Chromium where there is one, or apt and root to get it; else Playwright's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CURE = (
    "The browser tests need Chromium. Install it with `apt-get install chromium` as root,"
    " or with `.venv/bin/playwright install chromium`."
)


def find() -> str | None:
    """The path of a browser that can be started, or None."""
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if named:
        return named
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install() -> None:
    """Try Debian's package, then Playwright's download; either may be out of reach."""
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        debian = "apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium"
        attempts.insert(0, ["sh", "-c", debian])
    for attempt in attempts:
        print("Installing a browser:", " ".join(attempt), flush=True)
        done = subprocess.run(attempt, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        if done.returncode == 0 and find():
            return


if __name__ == "__main__":
    if not find():
        install()
    if not find():
        sys.exit(CURE)
