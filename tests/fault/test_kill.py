"""A kill at any moment: what was recorded stays, the same command draws the rest, each picture once."""

import json
import os
import random
import signal
import subprocess
import time

from workspace import PICTOR, Workspace

ROWS = 60


class Kills(Workspace):
    def setUp(self):
        super().setUp()
        self.write("prompts.txt", "".join(f"picture {i}\n" for i in range(ROWS)))
        self.job(kwargs="width: 256, height: 256")

    def start(self):
        return subprocess.Popen([PICTOR, "run", "job.yaml"], cwd=self.dir, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"})

    def check_whole(self):
        self.assertEqual(self.outcomes(), {"ok": ROWS})
        lines = [json.loads(line) for line in (self.dir / "out/train/metadata.jsonl").read_text().splitlines()]
        self.assertEqual(sorted({line["text"] for line in lines}), sorted(f"picture {i}" for i in range(ROWS)))
        self.assertEqual(sorted("train/" + line["file_name"] for line in lines), self.pictures())

    def test_kill_minus_nine_at_random_moments_then_resume(self):
        moments = random.Random(1)
        kills = 0
        for _ in range(12):
            process = self.start()
            time.sleep(moments.uniform(0.005, 0.25))
            process.kill()
            kills += process.wait() == -signal.SIGKILL
            process.stderr.close()
        self.assertGreater(kills, 0)
        result = self.run_job()
        self.assertEqual(result.code, 0, result.err)
        self.check_whole()
        self.assertEqual([p for p in (self.dir / "out").rglob("*.tmp")], [])

    def test_a_signal_drains_and_the_same_command_goes_on(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            with self.subTest(number):
                process = self.start()
                while not list((self.dir / "out").rglob("*.png")) and process.poll() is None:
                    time.sleep(0.01)
                process.send_signal(number)
                _, err = process.communicate(timeout=60)
                self.assertIn(process.returncode, (0, 130), err)
                result = self.run_job()
                self.assertEqual(result.code, 0, result.err)
                self.check_whole()
                subprocess.run(["rm", "-rf", self.dir / "out"], check=True)

    def test_a_second_run_on_the_same_folder_is_refused(self):
        process = self.start()
        while not (self.dir / "out/.pictor/ledger.sqlite").exists() and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGSTOP)
        try:
            if process.poll() is None:
                self.assert_fails(self.run_job(), 2, str(process.pid))
        finally:
            process.send_signal(signal.SIGCONT)
            process.communicate(timeout=60)
        self.assertEqual(self.run_job().code, 0)
        self.check_whole()
