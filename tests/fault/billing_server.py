#!/usr/bin/env python3
"""An image service that takes money, for tests: counts every payment by key and outlives whoever paid.

Usage: billing_server.py SOCKET JOURNAL [--script FILE] [--delay-ms N] [--seed N]

One request a connection, one line each, fields separated by tabs:
  draw KEY WIDTH HEIGHT PROMPT     pays, answers with one picture
  queue PROMPT WIDTH HEIGHT KEY... pays for all, answers "queued ID" at once; the pictures are kept
  collect ID KEY                   a picture that was queued; costs nothing
  dump                             {key: times paid}, as JSON
Answers: "ok SIZE" and that many bytes of RGB, "queued ID", or "error STATUS RETRY_AFTER_MS".

The script is JSON, {prompt: steps}: what the service does at the first, second, ... request for that prompt, the last
step for all that follow; a prompt that is not there is "ok". Steps, comma-separated, each with an optional " xN":
  ok | 503 | 429 SECONDS | refused | lost (takes the money, closes without an answer) | slow | abort (takes the money,
  answers so that the test's client aborts its process)

A payment is in JOURNAL before the answer leaves, so a server that is killed and started again still knows it.
"""

import argparse
import asyncio
import collections
import hashlib
import json
import os
import pathlib
import random

SLOW_SECONDS = 0.15


def steps_of(text):
    """["503", "503", "ok"] of "503 x2, ok"."""
    steps = []
    for part in text.split(","):
        words = part.split()
        times = int(words.pop()[1:]) if len(words) > 1 and words[-1].startswith("x") else 1
        steps += [" ".join(words)] * times
    return steps


def picture(key, size):
    """The same bytes for the same key."""
    return (hashlib.sha256(key.encode()).digest() * (size // 32 + 1))[:size]


class Service:
    def __init__(self, journal, script, delay_seconds, chance):
        self.paid = collections.Counter()
        self.queued = {}
        self.script = {prompt: steps_of(text) for prompt, text in script.items()}
        self.asked = collections.Counter()
        self.delay_seconds = delay_seconds
        self.chance = chance
        self.read_journal(journal)
        self.journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def read_journal(self, path):
        if not path.exists():
            return
        for line in path.read_text().splitlines():
            event = json.loads(line)
            self.paid.update(event["paid"])
            self.asked[event["prompt"]] += 1
            if "queued" in event:
                self.queued[event["queued"]] = (event["size"], set(event["paid"]))

    def pay(self, prompt, keys, **more):
        line = json.dumps({"prompt": prompt, "paid": keys, **more}) + "\n"
        os.write(self.journal, line.encode())
        self.paid.update(keys)

    def next_step(self, prompt):
        steps = self.script.get(prompt, ["ok"])
        step = steps[min(self.asked[prompt], len(steps) - 1)]
        self.asked[prompt] += 1
        return step

    def pause(self):
        return self.chance.uniform(0, 2 * self.delay_seconds)

    def answer(self, line):
        """(seconds to wait, the answer; None closes without one)."""
        verb, *fields = line.split("\t")
        if verb == "draw":
            key, width, height, prompt = fields
            return self.by_script(prompt, [key], lambda: ok(picture(key, 3 * int(width) * int(height))))
        if verb == "queue":
            prompt, width, height, *keys = fields
            return self.by_script(prompt, keys, lambda: self.put_in_queue(3 * int(width) * int(height), keys))
        if verb == "collect":
            size, keys = self.queued.get(fields[0], (0, ()))
            return self.pause(), ok(picture(fields[1], size)) if fields[1] in keys else error(404)
        if verb == "dump":
            return 0, json.dumps(self.paid).encode()
        return 0, error(400)

    def by_script(self, prompt, keys, work):
        step, *rest = self.next_step(prompt).split()
        if step == "503":
            return 0, error(503)
        if step == "429":
            return 0, error(429, round(1000 * float(rest[0])))
        if step == "refused":
            return 0, error(451)
        # `work` first: a queue id must be in the journal together with its payment.
        answer = work()
        if not answer.startswith(b"queued"):
            self.pay(prompt, keys)
        else:
            queue_id = answer.split()[1].decode()
            self.pay(prompt, keys, queued=queue_id, size=self.queued[queue_id][0])
        if step == "lost":
            return self.pause(), None
        if step == "abort":
            return self.pause(), b"abort\n"
        return (SLOW_SECONDS if step == "slow" else 0) + self.pause(), answer

    def put_in_queue(self, size, keys):
        queue_id = f"q{len(self.queued)}"
        self.queued[queue_id] = (size, set(keys))
        return f"queued {queue_id}\n".encode()


def ok(content):
    return b"ok %d\n" % len(content) + content


def error(status, retry_after_ms=-1):
    return b"error %d %d\n" % (status, retry_after_ms)


class Connection(asyncio.Protocol):
    def __init__(self, service):
        self.service = service
        self.received = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        if not self.received.endswith(b"\n"):
            return
        seconds, answer = self.service.answer(self.received.decode().rstrip("\n"))
        if seconds > 0:
            asyncio.get_running_loop().call_later(seconds, self.send, answer)
        else:
            self.send(answer)

    def send(self, answer):
        if answer is not None and not self.transport.is_closing():
            self.transport.write(answer)
        self.transport.close()


async def serve(socket, service):
    pathlib.Path(socket).unlink(missing_ok=True)
    loop = asyncio.get_running_loop()
    server = await loop.create_unix_server(lambda: Connection(service), socket, backlog=1024)
    async with server:
        await server.serve_forever()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("socket")
    parser.add_argument("journal", type=pathlib.Path)
    parser.add_argument("--script", type=pathlib.Path)
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    script = json.loads(options.script.read_text()) if options.script else {}
    service = Service(options.journal, script, options.delay_ms / 1000, random.Random(options.seed))
    asyncio.run(serve(options.socket, service))


main()
