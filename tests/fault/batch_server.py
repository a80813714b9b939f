"""A loopback Batch API: files, batches made of them, and a count of how often each prompt was drawn."""

import collections
import http.server
import json
import re
import socket
import threading
import time

from replay_server import Quiet


class BatchServer:
    """`PICTURE`: the body of an images answer. What can go wrong is set before or during a test:
    hold: batches stay in progress; lose_creations: so many creations are not answered, though done;
    refuse: code and message with which every batch fails; cut_output: so many downloads are cut;
    expire: prompts that the next batch does not get to; answers: {prompt: (status, body)}."""

    def __init__(self, picture):
        self.picture = picture
        self.hold = False
        self.lose_creations = self.cut_output = 0
        self.refuse = None
        self.expire = set()
        self.answers = {}
        self.files, self.batches, self.direct = {}, {}, []
        self.drawn = collections.Counter()
        self.asked = collections.Counter()  # by method and path, ids left out
        self.created = threading.Event()
        self._lock = threading.RLock()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_POST(self):
                server._post(self, self.rfile.read(int(self.headers.get("content-length", 0))))

            def do_GET(self):
                server._get(self)

        self._http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def lines(self, batch):
        return [json.loads(line) for line in self.files[batch["input_file_id"]].decode().split("\n") if line]

    def _post(self, handler, body):
        with self._lock:
            self.asked["POST " + handler.path] += 1
            assert handler.headers["authorization"] == "Bearer sk-test-key", handler.headers
            if handler.path == "/v1/files":
                return self._send(handler, self._upload(handler, body))
            if handler.path == "/v1/batches":
                batch = self.create(json.loads(body))
                self.created.set()
                if self.lose_creations > 0:
                    self.lose_creations -= 1
                    return self._hang_up(handler)
                return self._send(handler, self._told(batch))
            self.direct.append(json.loads(body))
            self.drawn[self.direct[-1]["prompt"]] += 1
            self._send(handler, self.picture)

    def _upload(self, handler, body):
        boundary = re.search(r"boundary=\"?([^\";]+)", handler.headers["content-type"]).group(1).encode()
        parts = {}
        for piece in body.split(b"--" + boundary)[1:-1]:
            head, content = piece[2:-2].split(b"\r\n\r\n", 1)
            parts[re.search(rb'[; ]name="([^"]*)"', head).group(1)] = content
        assert parts[b"purpose"] == b"batch", parts
        return {"id": self.keep(parts[b"file"]), "object": "file", "bytes": len(parts[b"file"]), "purpose": "batch"}

    def keep(self, content):
        name = f"file-{len(self.files) + 1}"
        self.files[name] = content
        return name

    def create(self, asked):
        assert asked["completion_window"] == "24h", asked
        name = f"batch_{len(self.batches) + 1}"
        batch = {"id": name, "object": "batch", "status": "validating", "input_file_id": asked["input_file_id"],
                 "endpoint": asked["endpoint"], "output_file_id": None, "error_file_id": None, "errors": None,
                 "created_at": int(time.time()), "request_counts": {"total": 0, "completed": 0, "failed": 0}}
        self.batches[name] = batch
        if self.refuse:
            batch.update(status="failed", errors={"object": "list", "data": [self.refuse]})
        else:
            self._run(batch)
        return batch

    def _run(self, batch):
        """Everything is drawn at once; `hold` only keeps it from being told."""
        good, bad, expired = [], [], False
        for line in self.lines(batch):
            assert line["method"] == "POST" and line["url"] == batch["endpoint"], line
            prompt = line["body"]["prompt"]
            entry = {"id": "batch_req_1", "custom_id": line["custom_id"], "response": None, "error": None}
            if prompt in self.expire:
                self.expire.discard(prompt)
                expired = True
                entry["error"] = {"code": "batch_expired", "message": "This request could not be executed."}
                bad.append(entry)
                continue
            status, body = self.answers.get(prompt, (200, None))
            if status == 200:
                self.drawn[prompt] += 1
                body = {**self.picture, "data": self.picture["data"] * line["body"].get("n", 1)}
            entry["response"] = {"status_code": status, "request_id": "req_" + line["custom_id"], "body": body}
            (good if status == 200 else bad).append(entry)
        for kind, entries in (("output", good), ("error", bad)):
            if entries:
                batch[kind + "_file_id"] = self.keep("".join(json.dumps(entry) + "\n" for entry in entries).encode())
        batch["request_counts"] = {"total": len(good) + len(bad), "completed": len(good), "failed": len(bad)}
        batch["status"] = "expired" if expired else "completed"

    def _told(self, batch):
        if not self.hold or batch["status"] == "failed":
            return batch
        return {**batch, "status": "in_progress", "output_file_id": None, "error_file_id": None}

    def _get(self, handler):
        path, _, query = handler.path.partition("?")
        with self._lock:
            self.asked["GET " + re.sub(r"(batch_|file-)\d+", "ID", path)] += 1
            if path == "/v1/batches":
                return self._send(handler, self._page(dict(p.split("=") for p in query.split("&"))))
            if path.startswith("/v1/batches/"):
                return self._send(handler, self._told(self.batches[path.rsplit("/", 1)[1]]))
            content = self.files[path.split("/")[3]]
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if self.cut_output > 0:
            self.cut_output -= 1
            handler.wfile.write(content[:len(content) // 2])
            return self._hang_up(handler)
        handler.wfile.write(content)

    def _page(self, query):
        """Two a page, so that a few batches are several pages."""
        newest = list(reversed(list(self.batches.values())))
        if "after" in query:
            newest = newest[[batch["id"] for batch in newest].index(query["after"]) + 1:]
        return {"object": "list", "data": [self._told(batch) for batch in newest[:2]], "has_more": len(newest) > 2}

    @staticmethod
    def _send(handler, body):
        content = json.dumps(body).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    @staticmethod
    def _hang_up(handler):
        handler.close_connection = True
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)
