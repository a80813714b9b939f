"""A loopback HTTP server that answers in a given order and remembers what it was asked."""

import hashlib
import http.server
import json
import re
import socket
import threading


class Asked:
    """One request as it arrived."""

    def __init__(self, handler, body):
        self.method = handler.command
        self.path = handler.path
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.body = body

    def json(self):
        return json.loads(self.body)

    def parts(self):
        """The parts of multipart/form-data: name, filename, media_type, text or sha256 and size."""
        boundary = re.search(r"boundary=\"?([^\";]+)", self.headers["content-type"]).group(1).encode()
        parts = []
        for piece in self.body.split(b"--" + boundary)[1:-1]:
            head, content = piece[2:-2].split(b"\r\n\r\n", 1)
            head = head.decode()
            part = {"name": re.search(r'[; ]name="([^"]*)"', head).group(1)}
            if filename := re.search(r'filename="([^"]*)"', head):
                part.update(filename=filename.group(1), size=len(content), sha256=hashlib.sha256(content).hexdigest())
                part["media_type"] = re.search(r"(?i)content-type: *(\S+)", head).group(1)
            else:
                part["text"] = content.decode()
            parts.append(part)
        return parts


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        """A client that went away is part of some tests."""


class ReplayServer:
    """Answers POSTs with `replies` in order, GETs with `files[path]`. A reply is a dict with `status`, `headers`, and
    `body` (JSON), `body_text` or `body_bytes`; one without `status` closes the connection without an answer, one with
    `cut` after so many bytes. A POST too many is answered with 599."""

    def __init__(self, replies, files=None):
        self.replies = list(replies)
        self.files = files or {}
        self.asked = []
        self.fetched = []
        self.arrived = threading.Event()  # a POST is here
        self.hold = threading.Event()     # cleared: no POST is answered
        self.hold.set()
        self._lock = threading.Lock()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_POST(self):
                server._post(self)

            def do_GET(self):
                server._get(self)

        self._http = Quiet(("127.0.0.1", 0), Handler)
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _post(self, handler):
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        with self._lock:
            self.asked.append(Asked(handler, body))
            reply = self.replies.pop(0) if self.replies else {"status": 599, "body": {"error": {"message": "one too many"}}}
        self.arrived.set()
        self.hold.wait()
        self._answer(handler, reply)

    def _get(self, handler):
        with self._lock:
            self.fetched.append(Asked(handler, b""))
        found = self.files.get(handler.path.split("?")[0])
        self._answer(handler, {"status": 404} if found is None else {"status": 200, "body_bytes": found})

    def _answer(self, handler, reply):
        if "status" not in reply:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        content = self._content(reply)
        handler.send_response(reply["status"])
        for name, value in reply.get("headers", {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if "cut" in reply:
            handler.wfile.write(content[:reply["cut"]])
            handler.wfile.flush()
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        handler.wfile.write(content)

    def _content(self, reply):
        if "body_bytes" in reply:
            return reply["body_bytes"]
        text = json.dumps(reply["body"]) if "body" in reply else reply.get("body_text", "")
        return text.replace("127.0.0.1:PORT", f"127.0.0.1:{self.port}").encode()
