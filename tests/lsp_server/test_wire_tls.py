"""A collector on another machine is spoken to in secret, and only where it is who it says it is."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from lsp_server.sending.collector import Collector, Unreachable
from pairlog.exchange import Answer

_BODY = b'{"acked": 7}'


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Authorization"] == "Bearer secret" else 401)
        self.send_header("Content-Length", str(len(_BODY)))
        self.end_headers()
        self.wfile.write(_BODY)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody but its holder vouches for, with its key."""
    made = tmp_path_factory.mktemp("tls") / "localhost.pem"
    words = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2", "-nodes"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", str(made) + ".key"]
    subprocess.run(
        ["openssl", "req", "-x509", *key, *words, "-out", str(made)], check=True, capture_output=True
    )
    return made


@pytest.fixture
def address(certificate: Path) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, str(certificate) + ".key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"https://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_collector_with_a_trusted_certificate_answers(
    address: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    collector = Collector(address, "secret")
    assert collector.session("s") == Answer(200, {"acked": 7})
    assert collector.session("s") == Answer(200, {"acked": 7})
    collector.close()


def test_one_that_nobody_vouches_for_gets_no_token(address: str) -> None:
    with pytest.raises(Unreachable, match="certificate verify failed"):
        Collector(address, "secret").session("s")


def test_one_with_the_certificate_of_another_host_gets_no_token(
    address: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(Unreachable, match="not valid for"):
        Collector(address.replace("localhost", "127.0.0.1"), "secret").session("s")
