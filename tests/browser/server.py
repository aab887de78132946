"""The real server, as a person starts it, on a free port and with its log kept."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
TROUBLE = re.compile(r"warn|error|exception|traceback|deprecat", re.IGNORECASE)


class Server:
    """The studio over an artifacts folder, started in one of the two ways; `with` starts and stops it."""

    def __init__(
        self,
        artifacts: Path,
        folder: Path,
        how: str = "streamlit run",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self._how = how
        self.log = folder / f"server-{self.url.rsplit(':', 1)[1]}.log"
        self._environment = {
            **os.environ,
            "FACET_ARTIFACTS": str(artifacts),
            "HOME": str(folder),
            "NO_COLOR": "1",
            **(environment or {}),
        }

    def __enter__(self) -> Server:
        port = self.url.rsplit(":", 1)[1]
        words = ["streamlit", "run", "app.py", "--server.port", port, "--server.headless", "true"]
        if self._how == "facet studio":
            words = ["recsys", "studio", "--port", port, "--no-browser"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait(self, seconds: float = 60) -> None:
        for _ in range(int(seconds / 0.1)):
            try:
                with urllib.request.urlopen(f"{self.url}{self._base()}/_stcore/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.__exit__()
        raise RuntimeError(f"The server did not start:\n{self.log.read_text()}")

    def _base(self) -> str:
        """The path below which it stands."""
        base = self._environment.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
        return f"/{base}" if base else ""

    def trouble(self) -> list[str]:
        """Lines of the log that are warnings, errors or tracebacks."""
        return [line for line in self.log.read_text().splitlines() if TROUBLE.search(line)]
