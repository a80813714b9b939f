"""One job in several shards at once: kills, refusals, and a merge that equals one run of the whole."""

import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time

from workspace import PICTOR, Workspace

ROWS = 60
SHARDS = 3


class Shards(Workspace):
    def setUp(self):
        super().setUp()
        self.write_rows(ROWS)
        self.job(kwargs="width: 192, height: 192", job="num_generations: 2")

    def write_rows(self, count, first="a fox"):
        """Rows of which number 7 cannot be drawn and number 11 has a width of its own."""
        rows = [{"prompt": f"{first} {i}", "mood": f"m{i % 4}"} for i in range(count)]
        rows[7]["width"] = 99999
        rows[11]["width"] = 64
        self.write("prompts.jsonl", "".join(json.dumps(row) + "\n" for row in rows))

    def job(self, **keys):
        return super().job(prompts="prompts.jsonl", **keys)

    def start(self, index, count=SHARDS):
        return subprocess.Popen([PICTOR, "run", "job.yaml", "--shard", f"{index}/{count}"], cwd=self.dir,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                env={**os.environ, "NO_COLOR": "1"})

    def draw(self, index, count=SHARDS):
        result = self.run_job("--shard", f"{index}/{count}")
        self.assertIn(result.code, (0, 3), result.err)
        return result

    def draw_all(self, count=SHARDS):
        for index in range(count):
            self.draw(index, count)

    def content(self):
        """{path: sha256} of all files of the dataset."""
        out = self.dir / "out"
        return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest()
                for p in out.rglob("*") if p.is_file() and ".pictor" not in p.parts}

    def ledger(self):
        """What one ledger says of every sample, without times."""
        ledger = sqlite3.connect(self.dir / "out/.pictor/ledger.sqlite")
        try:
            samples = ledger.execute("SELECT row, id, model, generation, outcome, attempts, file_name, seed, prompt, "
                                     "error, sha256 FROM outcomes ORDER BY row, model, generation").fetchall()
            rows = ledger.execute("SELECT number, key FROM rows ORDER BY number").fetchall()
            job = json.loads(ledger.execute("SELECT value FROM state WHERE name = 'job'").fetchone()[0])
            return samples, rows, job
        finally:
            ledger.close()

    def draw_whole(self):
        """The same job in one run: what it leaves, and its ledger; out/ is free afterwards."""
        result = self.run_job()
        self.assertEqual(result.code, 3, result.err)
        whole = self.content(), self.ledger()
        shutil.rmtree(self.dir / "out")
        return whole

    def merge(self, *arguments):
        return self.pictor("merge", "out", *arguments)

    def check_equals(self, whole):
        content, ledger = whole
        self.assertEqual(self.content(), content)
        self.assertEqual(self.ledger(), ledger)
        left = sorted(p.name for p in (self.dir / "out/.pictor").iterdir())
        self.assertEqual(left, ["ledger.sqlite", "lock"])

    def test_shards_in_parallel_one_killed_then_merged_equal_one_run(self):
        whole = self.draw_whole()
        moments = random.Random(1)
        kills = 0
        for _ in range(6):
            processes = [self.start(index) for index in range(SHARDS)]
            time.sleep(moments.uniform(0.01, 0.4))
            processes[1].kill()
            for process in processes:
                code = process.wait(timeout=120)
                kills += code == -signal.SIGKILL
                process.stderr.close()
        self.assertGreater(kills, 0)
        self.draw_all()
        status = self.pictor("status", "out", "--format", "json")
        counts = json.loads(status.out)
        self.assertEqual(counts["pictures"], 2 * (ROWS - 1))
        self.assertEqual(counts["rows"], ROWS)
        self.assertEqual(counts["shards"], {"count": SHARDS, "begun": SHARDS, "not_read": 0})
        self.assertFalse((self.dir / "out/README.md").exists())
        merged = self.merge()
        self.assertEqual(merged.code, 0, merged.err)
        self.check_equals(whole)
        self.assertEqual(self.merge().code, 0)
        self.assertEqual(self.run_job().code, 3)
        self.check_equals(whole)
        self.assertEqual(self.pictor("status", "out").code, 0)

    def test_a_merge_killed_at_any_moment_can_be_run_again(self):
        whole = self.draw_whole()
        self.draw_all()
        shutil.copytree(self.dir / "out", self.dir / "drawn")
        moments = random.Random(2)
        kills = 0
        for _ in range(25):
            shutil.rmtree(self.dir / "out")
            shutil.copytree(self.dir / "drawn", self.dir / "out")
            for _ in range(3):
                process = subprocess.Popen([PICTOR, "merge", "out"], cwd=self.dir, stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)
                time.sleep(moments.uniform(0.001, 0.12))
                process.kill()
                kills += process.wait() == -signal.SIGKILL
            merged = self.merge()
            self.assertEqual(merged.code, 0, merged.err)
            self.check_equals(whole)
        self.assertGreater(kills, 0)

    def test_what_cannot_go_together_is_refused(self):
        self.draw(0)
        self.assert_fails(self.run_job(), 2, "shards that are not merged: 0/3", "pictor merge")
        self.assert_fails(self.run_job("--shard", "1/4"), 2, "drawn in 3 shards", "0/3")
        self.assert_fails(self.run_job("--shard", "3/3"), 2, "--shard '3/3'", "from 0")
        self.assert_fails(self.run_job("--shard", "1/3", "--overwrite"), 2, "--overwrite")
        self.assert_fails(self.pictor("gallery", "out"), 2, "not merged")
        self.assert_fails(self.merge(), 2, "2 of 3 shards have not begun: 1/3 and 2/3", "--partial")
        self.assertEqual(self.merge("--partial").code, 0)
        self.assertEqual(len((self.dir / "out/train/metadata.jsonl").read_text().splitlines()), 40)
        self.draw(1)
        self.draw(2)
        self.assertEqual(self.merge().code, 0)
        self.assert_fails(self.run_job("--shard", "0/3"), 2, "one ledger for the whole dataset")
        shutil.rmtree(self.dir / "out")
        self.run_job()
        self.assert_fails(self.run_job("--shard", "0/3"), 2, "one ledger for the whole dataset")

    def test_another_prompt_file_or_setting_is_refused_by_name(self):
        self.draw(0)
        settings = self.run_job("--shard", "1/3", "--param", "models.m.generation_kwargs.width=64")
        self.assert_fails(settings, 2, "models.m.generation_kwargs.width: 192 then, 64 now")
        rows = (self.dir / "prompts.jsonl").read_text().splitlines(keepends=True)
        self.write("prompts.jsonl", "".join([rows[1], rows[0], *rows[2:]]))
        self.assert_fails(self.run_job("--shard", "1/3"), 2, "another than its shards draw", "position 0")
        self.assert_fails(self.run_job("--shard", "1/3", "--dry-run"), 2, "another than its shards draw")
        self.write("prompts.jsonl", "".join(rows[:-1]))
        self.assert_fails(self.run_job("--shard", "1/3"), 2, "60 rows then, 59 now")

    def test_rows_added_at_the_end_are_drawn_by_every_shard(self):
        self.draw(0)
        self.write_rows(ROWS + 7)
        self.draw(1)
        self.draw(2)
        self.assert_fails(self.merge(), 2, "the same prompt file", "0/3")
        self.draw(0)
        self.assertEqual(self.merge().code, 0)
        merged = self.content(), self.ledger()
        self.assertEqual(len(merged[1][1]), ROWS + 7)

    def test_settings_and_prompts_may_change_as_long_as_nothing_is_drawn(self):
        self.write("prompts.jsonl", '{"prompt": "one"}\n')
        self.draw(1)
        self.assert_fails(self.merge(), 2, "0/3 and 2/3")
        self.write("prompts.jsonl", '{"prompt": "other"}\n')
        drawn = self.run_job("--shard", "0/3", "--param", "job.seed=9")
        self.assertEqual(drawn.code, 0, drawn.err)
        self.assert_fails(self.run_job("--shard", "1/3"), 2, "job.seed: 9 then, 0 now")

    def test_a_running_and_an_unfinished_shard_are_named(self):
        self.draw(0)
        self.draw(1)
        process = self.start(2)
        while not (self.dir / "out/.pictor/shards/0002-of-0003/ledger.sqlite").exists() and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGSTOP)
        try:
            if process.poll() is None:
                self.assert_fails(self.merge(), 2, "shard 2/3", f"process {process.pid}")
        finally:
            process.kill()
            process.communicate()
        limited = self.run_job("--shard", "2/3", "--limit", "1")
        self.assertIn(limited.code, (0, 3), limited.err)
        unfinished = self.merge()
        if unfinished.code != 0:
            self.assert_fails(unfinished, 2, "2/3:", "left to draw", "--unfinished")
            self.assertEqual(self.merge("--unfinished").code, 0)
            self.assertEqual(self.run_job().code, 3)
        self.assertEqual(self.outcomes(), {"ok": 2 * (ROWS - 1), "invalid": 1})

    def test_signals_drain_a_shard(self):
        for number in (signal.SIGTERM, signal.SIGUSR1):
            with self.subTest(number):
                process = self.start(0, 1)
                while not list((self.dir / "out").rglob("*.png")) and process.poll() is None:
                    time.sleep(0.005)
                process.send_signal(number)
                _, err = process.communicate(timeout=60)
                self.assertIn(process.returncode, (3, 130), err)
                self.draw(0, 1)
                self.assertEqual(self.merge().code, 0)
                shutil.rmtree(self.dir / "out")

    def test_the_task_of_a_slurm_array_is_a_shard(self):
        array = {"SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1"}
        result = self.run_job(env={**array, "SLURM_ARRAY_TASK_ID": "2"})
        self.assertEqual(result.code, 3, result.err)
        self.assertIn("shard 1/3", result.err)
        self.assertTrue((self.dir / "out/.pictor/shards/0001-of-0003").is_dir())
        shutil.rmtree(self.dir / "out")
        whole = self.run_job("--shard", "none", env={**array, "SLURM_ARRAY_TASK_ID": "2"})
        self.assertEqual(whole.code, 3, whole.err)
        self.assertFalse((self.dir / "out/.pictor/shards").exists())
