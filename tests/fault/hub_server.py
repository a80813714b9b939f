"""A loopback stand-in for the hub, its router and its providers: POSTs are answered in order, GETs by their path."""

import threading

from replay_server import Asked, ReplayServer


class HubServer(ReplayServer):
    """`gets`: {path without query: reply or list of replies, the last of which stays}. What is not there is 404. Every
    request other than POST is in `looks`, with its method."""

    def __init__(self, replies, gets=None):
        super().__init__(replies)
        self.gets = {path: list(found) if isinstance(found, list) else [found] for path, found in (gets or {}).items()}
        self.looks = []
        self.looked = threading.Event()  # a GET below the router is here
        handler = self._http.RequestHandlerClass
        handler.do_PUT = lambda request: self._get(request)

    def _get(self, handler):
        handler.rfile.read(int(handler.headers.get("content-length", 0)))
        path = handler.path.split("?")[0]
        with self._lock:
            self.looks.append(Asked(handler, b""))
            found = self.gets.get(path, [{"status": 404, "body": {"error": "Not Found"}}])
            reply = found.pop(0) if len(found) > 1 else found[0]
        if not path.startswith("/api/models/"):
            self.looked.set()
        self._answer(handler, reply)

    def paths(self, prefix="/"):
        """What was looked at, the hub's own addresses left out."""
        return [look.path for look in self.looks if look.path.startswith(prefix) and not look.path.startswith("/api/models/")]


def mapping(**providers):
    """The hub's answer about a model: provider (with _ for -) = provider's id, or a whole entry."""
    entries = {}
    for name, entry in providers.items():
        if isinstance(entry, str):
            entry = {"status": "live", "providerId": entry, "task": "text-to-image"}
        entries[name.replace("_", "-")] = entry
    return {"status": 200, "headers": {"content-type": "application/json"},
            "body": {"_id": "1", "id": "x/y", "inferenceProviderMapping": entries}}
