"""A server for one marker on this machine: reads texts out of a grading, stores levels in it.

It answers on 127.0.0.1 only, to requests that know the token, under the name it was opened by, and
forbids the browser to fetch, frame or run anything but its own script.
"""

import secrets
import threading
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from labkit.errors import InputError, MachineError
from labkit.grading.rubric.desk import Desk
from labkit.grading.rubric.page import differ_page, next_text, text_page
from labkit.messages import say

ADDRESS = "127.0.0.1"
_COOKIE = "labkit-mark"
_MOST_BYTES = 50_000


class MarkingServer(ThreadingHTTPServer):
    """Serves the desk of one marker.

    Args:
        desk: The texts.
        port: Port on this machine; 0 for any that is free.

    Raises:
        MachineError: If the port is taken.
    """

    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, desk: Desk, *, port: int = 0) -> None:
        self.desk, self.token, self.lock = desk, secrets.token_urlsafe(24), threading.Lock()
        try:
            super().__init__((ADDRESS, port), _Handler)
        except OSError as error:
            raise MachineError(say("rubric.port", port=port, said=error.strerror)) from None

    @property
    def url(self) -> str:
        """Address of the first page, with the token."""
        return f"http://{ADDRESS}:{self.server_port}/?token={self.token}"


class _Handler(BaseHTTPRequestHandler):
    server: MarkingServer
    timeout = 30

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = parse_qs(address.query).get("token", [""])[0]
        if not self._right_host():
            return self._refuse(403)
        if address.path == "/" and self._same(asked):
            # the token leaves the address bar, and with it the browser's history
            cookie = f"{_COOKIE}={self.server.token}; HttpOnly; SameSite=Strict; Path=/"
            return self._send(303, "", {"Location": "/", "Set-Cookie": cookie})
        if not self._same(self._cookie()):
            return self._refuse(403)
        desk, nonce = self.server.desk, secrets.token_urlsafe(16)
        with self.server.lock:
            if address.path == "/":
                return self._send(303, "", {"Location": f"/text/{next_text(desk).id}"})
            if address.path == "/differ":
                return self._send(200, differ_page(desk, nonce=nonce), nonce=nonce)
            try:
                text = desk.text(address.path.removeprefix("/text/"))
            except InputError:
                return self._refuse(404)
            page = text_page(desk, text, token=self.server.token, nonce=nonce)
        self._send(200, page, nonce=nonce)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (self._right_host() and self._same(self._cookie())):
            return self._refuse(403)
        if not length.isdigit() or int(length) > _MOST_BYTES:
            return self._refuse(413)
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        form = parse_qs(body, keep_blank_values=True)
        if not self._same(form.get("token", [""])[0]):
            return self._refuse(403)
        desk = self.server.desk
        with self.server.lock:
            try:
                text = desk.text(urlsplit(self.path).path.removeprefix("/text/"))
                level = form.get("level", [""])[0]
                if not (level.isascii() and level.isdigit()):
                    raise InputError(say("rubric.level_number", came=level[:20]))
                comment = form.get("comment", [""])[0].replace("\r\n", "\n")
                desk.give(text, int(level), comment, together="together" in form)
            except InputError as error:
                return self._send(400, str(error), kind="text/plain")
            following = text if desk.agreements()[text.id].differs else next_text(desk, text)
        self._send(303, "", {"Location": f"/text/{following.id}"})

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the addresses would tell who reads what."""

    def _send(
        self,
        status: int,
        body: str,
        headers: dict[str, str] | None = None,
        *,
        nonce: str = "",
        kind: str = "text/html",
    ) -> None:
        raw = body.encode("utf-8", "replace")
        own = f"script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; " if nonce else ""
        own += "connect-src 'self'; " if nonce else ""
        policy = f"default-src 'none'; {own}form-action 'self'; base-uri 'none'; "
        self.send_response(status)
        for name, value in {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(raw)),
            "Content-Security-Policy": policy + "frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def _refuse(self, status: int) -> None:
        self._send(status, f"{status}\n", kind="text/plain")

    def _right_host(self) -> bool:
        """Refuse other names for this machine: a page elsewhere may have taken one."""
        port = self.server.server_port
        return self.headers.get("Host", "") in (f"{ADDRESS}:{port}", f"localhost:{port}")

    def _cookie(self) -> str:
        try:
            found = SimpleCookie(self.headers.get("Cookie", "")).get(_COOKIE)
        except CookieError:
            return ""
        return found.value if found else ""

    def _same(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self.server.token.encode())


def serve_marking(desk: Desk, *, port: int = 0, browser: bool = True) -> None:
    """Open the page and serve it until it is stopped; then write feedback and report.

    Args:
        desk: The texts.
        port: Port on this machine; 0 for any that is free.
        browser: Whether to open the page.
    """
    import webbrowser

    from labkit.messages import say

    server = MarkingServer(desk, port=port)
    print(say("rubric.serving", url=server.url), flush=True)
    if browser:
        webbrowser.open(server.url)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        desk.close()
    print(say("rubric.stopped", out=desk.out), flush=True)
