"""Debian's nginx on loopback: a server nobody here wrote."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CONFIGURATION = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections {connections}; }}
http {{
    access_log off;
    include /etc/nginx/mime.types;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port}{tls} backlog=4096;
        root {root};
        location = /stub_status {{ stub_status; }}
    }}
}}
"""


def missing() -> str | None:
    """Return what must be installed before nginx can be used, if anything."""
    if shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin"):
        return None
    return "Debian's package nginx is not installed: apt-get install nginx"


@contextmanager
def nginx(root: Path, certificate: Path | None = None, *, connections: int = 4096) -> Iterator[str]:
    """Serve a folder; yield the base URL, without a slash at its end.

    With a certificate, the PEM file of a key and its chain, it speaks TLS. It counts what it saw at
    /stub_status.
    """
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
    assert program is not None, missing()
    with tempfile.TemporaryDirectory(prefix="nginx-") as folder:
        Path(folder).chmod(0o755)  # its worker may run as another user
        port = _free_port()
        configuration = Path(folder, "nginx.conf")
        tls = "" if certificate is None else " ssl"
        text = _CONFIGURATION.format(
            folder=folder, port=port, root=root, tls=tls, connections=connections
        )
        if certificate is not None:
            pem = f"ssl_certificate {certificate};\n ssl_certificate_key {certificate};"
            text = text.replace("server {", f"{pem}\n    server {{")
        configuration.write_text(text)
        process = subprocess.Popen(
            [program, "-e", f"{folder}/error.log", "-c", configuration], stderr=subprocess.PIPE
        )
        try:
            _wait_for(port, process)
            yield f"http{'' if certificate is None else 's'}://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.communicate(timeout=10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"nginx ended: {process.communicate()[1]!r}") from None
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("nginx does not listen after 10 s")
