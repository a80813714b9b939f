"""Disks that fill up, break or turn read-only while pictures are written: what was recorded stays, the run says why."""

import errno
import shutil

from workspace import SHIM, Workspace


class Disks(Workspace):
    def setUp(self):
        super().setUp()
        self.write("prompts.txt", "".join(f"picture {i}\n" for i in range(40)))
        self.job()

    def run_on_bad_disk(self, number, calls, after):
        return self.run_job(env={
            "LD_PRELOAD": str(SHIM), "PICTOR_FAULT_DIR": str(self.dir / "out"), "PICTOR_FAULT_ERRNO": str(number),
            "PICTOR_FAULT_CALLS": calls, "PICTOR_FAULT_AFTER": str(after)})

    def check_then_resume(self, number, calls, after, words):
        """`words`: the system's for a file of ours, SQLite's for the ledger, whichever is hit first."""
        result = self.run_on_bad_disk(number, calls, after)
        self.assertEqual(result.code, 1, result.err)
        self.assertRegex(result.err, words)
        self.assertIn(str(self.dir / "out"), result.err)
        again = self.run_job()
        self.assertEqual(again.code, 0, again.err)
        self.assertEqual(self.outcomes(), {"ok": 40})
        self.assertEqual(len(self.pictures()), 40)
        leftovers = [p for p in (self.dir / "out").rglob("*.tmp")]
        self.assertEqual(leftovers, [])

    def test_a_disk_that_fills_up(self):
        for after in (0, 7, 60, 110):
            with self.subTest(after=after):
                self.check_then_resume(errno.ENOSPC, "write", after, "No space left on device|disk is full")
                self.tearDownOut()

    def test_a_disk_that_breaks(self):
        for calls in ("write", "fsync", "rename"):
            with self.subTest(calls):
                self.check_then_resume(errno.EIO, calls, 9, "Input/output error|disk I/O error")
                self.tearDownOut()

    def test_a_disk_that_turns_read_only(self):
        self.check_then_resume(errno.EROFS, "open", 12, "Read-only file system")

    def tearDownOut(self):
        shutil.rmtree(self.dir / "out", ignore_errors=True)
