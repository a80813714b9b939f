"""A loopback stand-in for the Hugging Face Hub's file server and, beside it, for the CDN that it sends large files to."""

import hashlib
import http.server
import json
import threading

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.hub.answer(self)

    def log_message(self, *_):
        pass


class Place:
    """One server on a port of its own; keeps what it was asked."""

    def __init__(self):
        self.asked = []  # (path with query, headers in lower case)
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        self._http.hub = self
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def note(self, handler):
        self.asked.append((handler.path, {name.lower(): value for name, value in handler.headers.items()}))

    def paths(self):
        return [path.split("?")[0] for path, _ in self.asked]

    @staticmethod
    def send(handler, status, body=b"", **headers):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


class Cdn(Place):
    """`contents`: {path: bytes}. `cut`: the next answers end after so many bytes. `ranges`: whether it knows them."""

    def __init__(self, contents):
        super().__init__()
        self.contents = contents
        self.cut = []
        self.ranges = True

    def answer(self, handler):
        self.note(handler)
        content = self.contents.get(handler.path)
        if content is None:
            return self.send(handler, 404)
        status, begin = 200, 0
        asked = handler.headers.get("Range")
        if asked and self.ranges:
            status, begin = 206, int(asked.removeprefix("bytes=").rstrip("-"))
        body = content[begin:]
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if self.cut:
            body = body[:self.cut.pop(0)]
            handler.close_connection = True
        handler.wfile.write(body)


class Hub(Place):
    """`files`: {path: bytes}. Those above `large` bytes are served by a Cdn, under their SHA-256."""

    def __init__(self, files, repository="org/model", large=1000):
        super().__init__()
        self.files, self.repository, self.large = files, repository, large
        self.token = None  # what is wanted, when anything is
        self.refusal = None  # (status, headers) for everything
        self.siblings = [self.entry(path, content) for path, content in files.items()]
        self.cdn = Cdn({"/" + hashlib.sha256(content).hexdigest(): content for content in files.values()})

    def __exit__(self, *what):
        self.cdn.__exit__(*what)
        super().__exit__(*what)

    def entry(self, path, content):
        entry = {"rfilename": path, "size": len(content), "blobId": git_name(content)}
        if len(content) > self.large:
            entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        return entry

    def answer(self, handler):
        self.note(handler)
        path = handler.path.split("?")[0]
        if self.refusal:
            status, headers = self.refusal
            return self.send(handler, status, b"{}", **headers)
        if self.token and handler.headers.get("Authorization") != f"Bearer {self.token}":
            return self.send(handler, 401, b"{}", X_Error_Code="RepoNotFound", X_Error_Message="Repository not found")
        if path.startswith(f"/api/models/{self.repository}/revision/"):
            return self.send(handler, 200, json.dumps({"id": self.repository, "sha": COMMIT, "siblings": self.siblings}).encode())
        name = path.removeprefix(f"/{self.repository}/resolve/{COMMIT}/")
        content = self.files.get(name)
        if content is None:
            return self.send(handler, 404, X_Error_Code="EntryNotFound")
        if len(content) > self.large:
            return self.send(handler, 302, b"elsewhere", Location=f"{self.cdn.url}/{hashlib.sha256(content).hexdigest()}")
        return self.send(handler, 200, content)


def git_name(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
