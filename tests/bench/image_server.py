"""Answers every POST at once with one small picture; prints its URL. As little work per request as Python allows."""

import asyncio
import base64
import json

from picture import png

BODY = json.dumps({
    "created": 1795348800, "data": [{"b64_json": base64.b64encode(png()).decode()}], "size": "64x64", "quality": "low",
    "output_format": "png",
    "usage": {"total_tokens": 20, "input_tokens": 10, "output_tokens": 10,
              "input_tokens_details": {"text_tokens": 10, "image_tokens": 0}}}).encode()
ANSWER = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_bench\r\nContent-Length: " +
          str(len(BODY)).encode() + b"\r\n\r\n" + BODY)


class Answering(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.buffer = b""

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length:]
            self.transport.write(ANSWER)


async def main():
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main())
