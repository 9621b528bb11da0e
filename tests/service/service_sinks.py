"""A real HTTP receiver on this machine that keeps every call, and a real mail server that keeps every mail."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)


class Receiver:
    """``answers``: one after the other, the last for ever: a status, (status, headers, body), "hang" or "drop" (got, never answered)."""

    def __init__(self, answers: list[Any] | None = None) -> None:
        self.answers = list(answers or [200])
        self.calls: list[Call] = []
        self.lock = threading.Lock()
        self.closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.answer(self)

            do_GET = do_POST

            def log_message(self, *_args: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_args: Any) -> None:
                return

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        with self.lock:
            self.calls.append(Call(handler.path, {k.lower(): v for k, v in handler.headers.items()}, body))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "hang":
            self.closing.wait(20)
        if answer in ("hang", "drop"):
            handler.close_connection = True
            return
        status, headers, text = answer if isinstance(answer, tuple) else (answer, {}, b"ok")
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def __enter__(self) -> Receiver:
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


class MailSink:
    """A mail server on this machine. ``refuse``: the answers to recipients, one after the other, then all are taken."""

    def __init__(self, refuse: list[str] | None = None, login: tuple[str, str] | None = None) -> None:
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult, LoginPassword

        self.mails: list[Any] = []
        self.refuse = list(refuse or [])
        outer = self

        class Handler:
            async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
                if outer.refuse:
                    return outer.refuse.pop(0)
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
                from email import message_from_bytes
                from email.policy import default

                mail = message_from_bytes(envelope.content, policy=default)
                mail["X-Rcpt"] = ",".join(envelope.rcpt_tos)
                outer.mails.append(mail)
                return "250 taken"

        def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
            right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == login
            return AuthResult(success=right, handled=False)

        more = {"authenticator": check, "auth_required": True, "auth_require_tls": False} if login else {}
        self.controller = Controller(Handler(), hostname="127.0.0.1", port=0, **more)

    def __enter__(self) -> MailSink:
        import socket

        # the controller wants a port that is not 0 to probe
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.controller.port = probe.getsockname()[1]
        self.controller.start()
        self.port = self.controller.port
        return self

    def __exit__(self, *_error: object) -> None:
        self.controller.stop()
