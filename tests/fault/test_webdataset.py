"""A WebDataset job that is killed: every sample is in exactly one shard, whole, and no shard ever changes."""

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import tarfile
import time

from workspace import PICTOR, Workspace

ROWS = 120


class Shards(Workspace):
    def setUp(self):
        super().setUp()
        self.write("prompts.txt", "".join(f"picture {i}\n" for i in range(ROWS)))
        self.job(kwargs="width: 128, height: 128")
        text = (self.dir / "job.yaml").read_text()
        self.write("job.yaml", text.replace("{dir: out}", "{dir: out, layout: webdataset, shard_pictures: 7}"))

    def start(self, *arguments):
        return subprocess.Popen([PICTOR, *(arguments or ("run", "job.yaml"))], cwd=self.dir, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"})

    def contained(self):
        """{key: shard} of what the ledger says is in shards."""
        path = self.dir / "out/.pictor/ledger.sqlite"
        if not path.exists():
            return {}
        ledger = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return dict(ledger.execute("SELECT file_name, container FROM samples WHERE container IS NOT NULL").fetchall())
        except sqlite3.OperationalError:   # killed before it had tables
            return {}
        finally:
            ledger.close()

    def check_whole(self):
        self.assertEqual(self.outcomes(), {"ok": ROWS})
        prompts, members = [], []
        for path in sorted((self.dir / "out/train").iterdir()):
            with tarfile.open(path) as shard:
                names = shard.getnames()
                self.assertEqual([name.split(".")[1] for name in names], ["png", "txt", "json"] * (len(names) // 3))
                self.assertEqual(names[::3], sorted(names[::3]))
                self.assertLessEqual(len(names), 3 * 7)
                for name in names[::3]:
                    text, record = (shard.extractfile(name.replace("png", kind)).read() for kind in ("txt", "json"))
                    self.assertEqual(json.loads(record)["text"], text.decode())
                    self.assertEqual(json.loads(record)["sha256"], hashlib.sha256(shard.extractfile(name).read()).hexdigest())
                    prompts.append(text.decode())
                    members.append((name, path.name))
        self.assertEqual(sorted(prompts), sorted(f"picture {i}" for i in range(ROWS)))
        self.assertEqual(dict(members), self.contained())
        self.assertEqual(list((self.dir / "out/.pictor/spool").iterdir()), [])
        self.assertEqual(list((self.dir / "out").rglob("*.tmp")), [])

    def test_kill_minus_nine_at_random_moments_then_resume(self):
        moments = random.Random(2)
        kills, closed = 0, {}
        for _ in range(int(os.environ.get("PICTOR_KILLS", "25"))):
            process = self.start()
            time.sleep(moments.uniform(0.005, 0.15))
            process.kill()
            kills += process.wait() == -signal.SIGKILL
            for shard in set(self.contained().values()):
                digest = hashlib.sha256((self.dir / "out/train" / shard).read_bytes()).hexdigest()
                self.assertEqual(closed.setdefault(shard, digest), digest)
        self.assertGreater(kills, 0)
        result = self.run_job()
        self.assertEqual(result.code, 0, result.err)
        self.check_whole()

    def test_a_drain_closes_what_is_spooled(self):
        process = self.start()
        while not list((self.dir / "out").rglob("*.png")) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        self.assertIn(process.wait(timeout=60), (0, 130))
        self.assertEqual(list((self.dir / "out/.pictor/spool").iterdir()), [])
        self.assertEqual(self.run_job().code, 0)
        self.check_whole()

    def test_a_killed_conversion_leaves_nothing_that_looks_finished(self):
        self.assertEqual(self.run_job().code, 0)
        moments = random.Random(3)
        for _ in range(8):
            process = self.start("convert", "out", "--to", "imagefolder", "-o", "loose")
            time.sleep(moments.uniform(0.005, 0.1))
            process.kill()
            process.wait()
            if (self.dir / "loose").exists():
                break
        if not (self.dir / "loose").exists():
            result = self.pictor("convert", "out", "--to", "imagefolder", "-o", "loose")
            self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(list((self.dir / "loose/train").glob("*.png"))), ROWS)
        self.assertEqual(len((self.dir / "loose/train/metadata.jsonl").read_text().splitlines()), ROWS)
        self.assertEqual(list(self.dir.glob(".loose*")), [])
        self.check_whole()
