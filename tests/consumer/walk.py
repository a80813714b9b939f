#!/usr/bin/env python3
"""A user's walk, as issue 4 ends with: start a job of 300, kill it, resume, retry the failed, verify, convert to
WebDataset, load both in Python. Usage: tests/consumer/walk.py [build folder] [--keep FOLDER]

Prints every command with its exit code and what it said; ends with 1 at the first step that is not as a user expects.
The loaders are used where this Python has `datasets` and `webdataset`; `tarfile` reads the shards in any case.
"""

import argparse
import collections
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time

ROWS = 300
FAULT_TESTS = pathlib.Path(__file__).resolve().parents[1] / "fault"
sys.path.insert(0, str(FAULT_TESTS))
from billed_job import BillingServer  # noqa: E402


class Walk:
    def __init__(self, build, folder):
        self.pictor, self.plugins, self.dir = build / "bin/pictor", build / "tests/plugins", folder
        self.out, self.web = folder / "foxes", folder / "foxes-wds"

    def say(self, *arguments, codes=(0,)):
        print(f"\n$ pictor {' '.join(map(str, arguments))}", flush=True)
        done = subprocess.run([self.pictor, *map(str, arguments)], cwd=self.dir, capture_output=True, text=True,
                              env={**os.environ, "NO_COLOR": "1"})
        text = done.stdout + done.stderr
        print("\n".join(text.splitlines()[-15:]))
        expect(done.returncode in codes, f"exit code {done.returncode}, not one of {codes}")
        return done.stdout

    def outcomes(self):
        ledger = sqlite3.connect(f"file:{self.out}/.pictor/ledger.sqlite?mode=ro", uri=True)
        counts = dict(ledger.execute("SELECT outcome, count(*) FROM outcomes GROUP BY outcome").fetchall())
        ledger.close()
        return counts

    def write_job(self, socket):
        (self.dir / "foxes.jsonl").write_text("".join(
            json.dumps({"prompt": f"picture {i}", "season": ["summer", "winter"][i % 2]}) + "\n" for i in range(ROWS)))
        (self.dir / "foxes.yaml").write_text(f"""\
pictor: 1
plugins: {{paths: [{json.dumps(str(self.plugins))}]}}
models:
  painter: {{plugin: billing-client, address: {json.dumps(str(socket))}, generation_kwargs: {{width: 32, height: 32}}}}
job: {{prompts: foxes.jsonl, seed: 42, output: {{dir: foxes}}}}
""")

    def start_and_kill(self):
        print("\n$ pictor run foxes.yaml &   # and kill -9, once some pictures are there", flush=True)
        process = subprocess.Popen([self.pictor, "run", "foxes.yaml"], cwd=self.dir, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(list((self.out / "train").glob("*.png"))) < 40:
            time.sleep(0.002)
        process.kill()
        expect(process.wait() == -signal.SIGKILL, "the run ended before it could be killed")
        print(f"killed; on record: {self.outcomes()}")


def expect(condition, message):
    if not condition:
        sys.exit(f"walk: {message}")


def load_imagefolder(out, wanted):
    lines = [json.loads(line) for line in (out / "train/metadata.jsonl").read_text().splitlines()]
    expect(len(lines) == wanted, f"metadata.jsonl has {len(lines)} lines, not {wanted}")
    datasets = loader("datasets")
    if datasets is None:
        return
    with tempfile.TemporaryDirectory() as cache:
        train = datasets.load_dataset("imagefolder", data_dir=str(out), cache_dir=cache)["train"]
        expect(len(train) == wanted and train[0]["image"].size == (32, 32), f"load_dataset read {len(train)} rows")
        print(f"load_dataset('imagefolder'): {len(train)} rows, columns {train.column_names[:6]} ...")


def load_webdataset(folder, wanted):
    shards = sorted(folder.rglob("*.tar"))
    expect(shards, f"no shard below {folder}")
    kinds = collections.Counter()
    for shard in shards:
        with tarfile.open(shard) as archive:
            kinds.update(pathlib.Path(member.name).suffix for member in archive)
    print(f"tarfile: {len(shards)} shards, {dict(kinds)}")
    expect(kinds[".png"] == wanted, f"the shards have {kinds['.png']} pictures, not {wanted}")
    webdataset = loader("webdataset")
    if webdataset is not None:
        rows = list(webdataset.WebDataset([str(shard) for shard in shards], shardshuffle=False))
        expect(len(rows) == wanted, f"webdataset read {len(rows)} samples")
        print(f"webdataset: {len(rows)} samples, keys {sorted(rows[0])}")
    datasets = loader("datasets")
    if datasets is not None:
        with tempfile.TemporaryDirectory() as cache:
            files = {"train": [str(shard) for shard in shards]}
            train = datasets.load_dataset("webdataset", data_files=files, cache_dir=cache)["train"]
            expect(len(train) == wanted, f"load_dataset read {len(train)} samples")
            print(f"load_dataset('webdataset'): {len(train)} rows, columns {train.column_names}")


def loader(name):
    try:
        return __import__(name)
    except ImportError:
        print(f"(this Python has no `{name}`)")
        return None


def walk(build, folder):
    # What goes wrong on the way: an answer is lost twice, a prompt is refused, one provider is overloaded for a while.
    script = {"picture 250": "lost, ok", "picture 260": "refused, ok", "picture 270": "503 x2, ok", "picture 280": "429 0.05, ok"}
    server = BillingServer(folder, script, 1, 1)
    server.start()
    try:
        steps = Walk(build, folder)
        steps.write_job(server.socket)
        steps.say("run", "foxes.yaml", "--dry-run")
        steps.start_and_kill()
        steps.say("run", "foxes.yaml", codes=(0, 3))
        steps.say("run", "foxes.yaml", codes=(0, 3))  # what failed for the moment only
        steps.say("status", "foxes")
        before = steps.outcomes()
        expect(before.get("ok", 0) < ROWS, "nothing failed: the script of the server is not met")
        for _ in range(3):
            steps.say("retry", "foxes", "--status", "failed", codes=(0, 3))
            if steps.outcomes() == {"ok": ROWS}:
                break
        expect(steps.outcomes() == {"ok": ROWS}, f"after the retry: {steps.outcomes()}")
        paid = json.loads(server.ask("dump"))
        twice = sum(times > 1 for times in paid.values())
        print(f"\nthe server was paid for {len(paid)} pictures, {twice} of them twice; maybe_billed were "
              f"{before.get('maybe_billed', 0)}")
        expect(len(paid) == ROWS and twice <= before.get("maybe_billed", 0), "the bill does not agree with the ledger")
        steps.say("verify", "foxes")
        steps.say("gallery", "foxes")
        steps.say("convert", "foxes", "--to", "webdataset", "--output", "foxes-wds")
        load_imagefolder(steps.out, ROWS)
        load_webdataset(steps.web, ROWS)
    finally:
        server.kill()
    print("\nthe walk is done")


def main():
    parser = argparse.ArgumentParser(description="A user's walk through a job of 300")
    parser.add_argument("build", nargs="?", default="build/dev", type=pathlib.Path, help="build folder with tests")
    parser.add_argument("--keep", type=pathlib.Path, help="work here and leave everything")
    options = parser.parse_args()
    folder = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="pictor-walk-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        walk(options.build.resolve(), folder.resolve())
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


main()
