"""Requests that are left with a provider: whatever ends the run, the next one collects them, and none is asked for twice."""

import os
import signal
import sqlite3
import subprocess
import time

from workspace import PICTOR, Workspace

ROWS = 300


class Parking(Workspace):
    def setUp(self):
        super().setUp()
        self.write("prompts.txt", "".join(f"picture {i}\n" for i in range(ROWS)))
        (self.dir / "provider").mkdir()

    def start(self, load=""):
        self.job(plugin="parking", load=f"folder: provider\nwanted: {ROWS}\n{load}")
        return subprocess.Popen([PICTOR, "run", "job.yaml"], cwd=self.dir, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"})

    def wait_until_all_are_left(self, process, runs=1):
        while process.poll() is None and self.taken() < runs * ROWS:
            time.sleep(0.02)
        self.assertIsNone(process.poll())
        self.assertEqual(self.checkpoints(), ROWS)

    def taken(self):
        file = self.dir / "provider/taken"
        return file.read_text().count("\n") if file.exists() else 0

    def checkpoints(self):
        ledger = sqlite3.connect(f"file:{self.dir}/out/.pictor/ledger.sqlite?mode=ro", uri=True)
        try:
            return ledger.execute("SELECT count(*) FROM checkpoints").fetchone()[0]
        finally:
            ledger.close()

    def collect(self):
        (self.dir / "provider/ready").touch()
        result = self.run_job()
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.outcomes(), {"ok": ROWS})
        asked = (self.dir / "provider/asked").read_text().splitlines()
        self.assertEqual(sorted(asked), sorted(f"picture {i}" for i in range(ROWS)))
        self.assertEqual(self.checkpoints(), 0)

    def test_the_first_interrupt_leaves_them_and_the_next_run_collects(self):
        process = self.start()
        self.wait_until_all_are_left(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn(f"{ROWS} images left with the provider".encode(), err)
        self.assertEqual(self.outcomes(), {})
        self.assertEqual(self.checkpoints(), ROWS)
        self.collect()

    def test_a_kill_leaves_them_and_the_next_run_collects(self):
        process = self.start()
        self.wait_until_all_are_left(process)
        process.kill()
        process.communicate(timeout=60)
        self.collect()

    def test_two_interrupts_and_a_kill_lose_nothing(self):
        for run, number in enumerate((signal.SIGTERM, signal.SIGKILL, signal.SIGINT)):
            process = self.start()
            self.wait_until_all_are_left(process, run + 1)
            process.send_signal(number)
            process.communicate(timeout=60)
            self.assertEqual(self.checkpoints(), ROWS)
        self.collect()

    def test_a_model_that_does_not_park_is_waited_for(self):
        process = self.start("parks: false")
        self.wait_until_all_are_left(process)
        process.send_signal(signal.SIGINT)
        (self.dir / "provider/ready").touch()
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(self.outcomes(), {"ok": ROWS})

    def test_an_instance_that_bills_nothing_is_not_recorded_as_billed(self):
        process = self.start("free: true")
        self.wait_until_all_are_left(process)
        ledger = sqlite3.connect(f"file:{self.dir}/out/.pictor/ledger.sqlite?mode=ro", uri=True)
        self.addCleanup(ledger.close)
        self.assertEqual(ledger.execute("SELECT count(*) FROM started").fetchone()[0], 0)
        (self.dir / "provider/ready").touch()
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertNotIn('"seed"', (self.dir / "out/train/metadata.jsonl").read_text())
