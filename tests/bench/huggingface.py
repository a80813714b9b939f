#!/usr/bin/env python3
"""Pictures through a provider that queues. Usage: tests/bench/huggingface.py [build folder] [pictures] [concurrency] [looks]

A server on 127.0.0.1 is the hub, a provider with a queue, and where the pictures are: a request, `looks` looks and a download
each. A tenth of the pictures first, then all: memory that does not grow is as large for both. Every ticket is flushed to the
ledger before it is waited for, and every picture before it is recorded.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from measure import run

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release").resolve()
PICTURES = int(sys.argv[2]) if len(sys.argv) > 2 else 5_000
CONCURRENCY = int(sys.argv[3]) if len(sys.argv) > 3 else 256
LOOKS = int(sys.argv[4]) if len(sys.argv) > 4 else 3


def draw(folder, pictures):
    server = subprocess.Popen([sys.executable, HERE / "queue_server.py", str(LOOKS)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        model = {"plugin": "huggingface", "model": "a/b", "provider": "wavespeed", "hub_url": url, "router_url": url,
                 "poll_interval": 0.1, "limits": {"concurrency": CONCURRENCY}}
        (folder / "prompts.txt").write_text("".join(f"a picture of thing number {i}\n" for i in range(pictures)))
        (folder / "job.yaml").write_text(json.dumps({
            "pictor": 1, "models": {"m": model},
            "job": {"prompts": "prompts.txt", "output": {"dir": f"out{pictures}"}}}))
        environment = {**os.environ, "HF_TOKEN": "hf_bench", "no_proxy": "127.0.0.1"}
        done = run([BUILD / "bin/pictor", "run", "job.yaml", "-q"], cwd=folder, env=environment)
        server.stdin.close()
        counts = json.loads(server.stdout.readline())
    finally:
        server.kill()
        server.wait()
    assert counts == {"posts": pictures, "looks": pictures * LOOKS, "pictures": pictures}, counts
    print(f"  {pictures:6} pictures {pictures / done.wall:6.0f} images/s {1e6 * done.cpu / pictures:6.0f} CPU us/image "
          f"{done.peak_mb:5.0f} MB", flush=True)


def main():
    print(f"64 x 64 at concurrency {CONCURRENCY}, {LOOKS} looks each")
    with tempfile.TemporaryDirectory(prefix="pictor-bench-") as name:
        for pictures in max(PICTURES // 10, 1), PICTURES:
            draw(pathlib.Path(name), pictures)


main()
