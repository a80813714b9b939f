#!/usr/bin/env python3
"""Images through the OpenAI API's protocol. Usage: tests/bench/image_api.py [build folder] [pictures] [concurrency]

A server on 127.0.0.1 answers every request at once with a 64 x 64 PNG in base64. Pictor, the official Python client
(asyncio) and distilabel's OpenAIImageGeneration fetch the pictures and put them on disk, in turn, on the same machine;
a peer that this Python does not have is left out. Pictor also keeps a ledger and metadata, and flushes every picture.
"""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from measure import run

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release").resolve()
PICTURES = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
CONCURRENCY = int(sys.argv[3]) if len(sys.argv) > 3 else 256
PEERS = {"openai (asyncio)": ("openai", "openai_client.py"), "distilabel": ("distilabel", "distilabel_client.py")}
# The Python ones are slow enough for fewer pictures; figures are per picture.
PEER_PICTURES = max(PICTURES // 10, 1)


def job(folder, url):
    with open(folder / "prompts.jsonl", "w") as prompts:
        for i in range(PICTURES):
            prompts.write(json.dumps({"prompt": f"a picture of thing number {i}, painted in oil"}) + "\n")
    model = {"plugin": "openai", "model": "gpt-image-2", "base_url": url, "limits": {"concurrency": CONCURRENCY}}
    (folder / "job.yaml").write_text(json.dumps({
        "pictor": 1, "models": {"m": model}, "job": {"prompts": "prompts.jsonl", "output": {"dir": "out"}}}))
    return folder / "job.yaml"


def told(name, pictures, done):
    print(f"  {name:18} {pictures / done.wall:8.0f} images/s {1e6 * done.cpu / pictures:8.0f} CPU us/image "
          f"{done.peak_mb:6.0f} MB", flush=True)
    return done.cpu / pictures


def main():
    environment = {**os.environ, "OPENAI_API_KEY": "sk-bench", "no_proxy": "127.0.0.1"}
    server = subprocess.Popen([sys.executable, HERE / "image_server.py"], stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip() + "/v1"
        print(f"{PICTURES} pictures of 64 x 64 at concurrency {CONCURRENCY} ({PEER_PICTURES} for the others)")
        with tempfile.TemporaryDirectory(prefix="pictor-bench-") as name:
            folder = pathlib.Path(name)
            ours = told("pictor", PICTURES, run([BUILD / "bin/pictor", "run", job(folder, url), "-q"], cwd=folder,
                                                env=environment))
            for peer, (module, script) in PEERS.items():
                if importlib.util.find_spec(module) is None:
                    print(f"  {peer:18} not here")
                    continue
                out = folder / module
                out.mkdir()
                command = [sys.executable, HERE / script, url, str(PEER_PICTURES), str(CONCURRENCY), out]
                theirs = told(peer, PEER_PICTURES, run(command, env=environment))
                print(f"    CPU of pictor: 1/{theirs / ours:.1f} of it")
    finally:
        server.kill()
        server.wait()


main()
