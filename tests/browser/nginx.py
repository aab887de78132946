"""A reverse proxy with TLS before the studio; run as a script, it installs Debian's package where it may."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CURE = "The test of a proxy needs nginx and openssl: `apt-get install nginx openssl` as root."
# What docs/deploy.md shows, without root's rights. HTTP/2: on a busy machine the browser has given up
# on a file after several connections of HTTP/1.1 had been closed.
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
  server {{
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
    proxy_max_temp_file_size 0;
    location /{base}/ {{
      proxy_pass {studio};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_read_timeout 1h;
    }}
  }}
}}
"""


def find() -> str | None:
    """The program; None where there is none, or no openssl to make a certificate."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    return found if shutil.which("openssl") else None


def install() -> None:
    """Try Debian's packages."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        debian = "apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light openssl"
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["sh", "-c", debian], check=False, env=environment)


def free_port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def proxy(folder: Path, studio: str, base: str, port: int) -> Iterator[str]:
    """Show a studio below a path, by a certificate made for the time; gives its address."""
    program = find()
    assert program is not None, CURE
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
    ]
    words += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(words, check=True, capture_output=True)
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, studio=studio, base=base, port=port))
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(configuration)], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            except OSError:
                assert process.poll() is None, process.communicate()[1].decode()
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield f"https://127.0.0.1:{port}/{base}"
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    if find() is None:
        install()
    if find() is None:
        sys.exit(CURE)
