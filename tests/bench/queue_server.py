"""A hub, and a provider that queues every picture; prints its URL. Usage: queue_server.py [looks until a picture is drawn]

GET /api/models/... is the hub, POST /wavespeed/... takes a picture, GET .../predictions/ID/result looks at it, and GET
/pic.png is the picture. Ends with what was asked on stdin's end: POSTs, looks, pictures."""

import asyncio
import json
import sys

from picture import png

LOOKS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
PNG = png()


def answer(body, kind="application/json"):
    return (f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


class Provider:
    def __init__(self):
        self.url = ""
        self.posts = self.looks = self.pictures = 0
        self.left = {}

    def reply(self, head):
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        if method == "POST":
            self.posts += 1
            task = f"t{self.posts}"
            self.left[task] = LOOKS
            return answer(self.state(task, "created"))
        if path.startswith("/api/models/"):
            entry = {"status": "live", "providerId": "wave/flux", "task": "text-to-image"}
            return answer(json.dumps({"inferenceProviderMapping": {"wavespeed": entry}}).encode())
        if path.startswith("/pic"):
            self.pictures += 1
            return answer(PNG, "image/png")
        self.looks += 1
        task = path.split("/")[-2]
        self.left[task] -= 1
        if self.left[task] > 0:
            return answer(self.state(task, "processing"))
        del self.left[task]
        return answer(self.state(task, "completed", f"{self.url}/pic.png"))

    def state(self, task, status, *outputs):
        where = f"https://api.wavespeed.ai/api/v3/predictions/{task}/result"
        return json.dumps({"code": 200, "data": {"id": task, "status": status, "outputs": outputs,
                                                 "urls": {"get": where}}}).encode()


class Connection(asyncio.Protocol):
    def __init__(self, provider):
        self.provider = provider
        self.buffer = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            reply = self.provider.reply(self.buffer[:end])
            self.buffer = self.buffer[end + 4 + length:]
            self.transport.write(reply)


async def main():
    provider = Provider()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(provider), "127.0.0.1", 0, backlog=1024)
    provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(provider.url, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(json.dumps({"posts": provider.posts, "looks": provider.looks, "pictures": provider.pictures}), flush=True)


asyncio.run(main())
