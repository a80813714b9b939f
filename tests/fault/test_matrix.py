"""A small slice of the fault matrix; tests/fault/matrix.py runs all of it."""

import argparse
import os
import unittest

import matrix


class Matrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        build = os.environ["PICTOR_BUILD"]
        cls.options = argparse.Namespace(build=build, samples=160, seed=1, layout="imagefolder", verbose=False,
                                         then=False, pace=matrix.pace_of(build))

    def strike(self, name, times):
        finding, _, struck, _ = matrix.run_fault(name, times, self.options)
        self.assertGreater(struck, 0)
        self.assertEqual(finding.faults(), 0, finding)
        return finding

    def test_kill_minus_nine(self):
        self.strike("kill", 8)
        self.strike("kill_with_checkpoints", 4)

    def test_a_drain_leaves_nothing_open(self):
        self.assertEqual(self.strike("sigterm", 3).maybe_billed, 0)

    def test_a_second_signal_pays_nothing_twice(self):
        self.strike("sigint_twice", 3)

    def test_disks(self):
        self.strike("full_disk", 2)
        self.strike("failing_fsync", 2)
        self.strike("read_only_disk", 2)

    def test_a_clock_that_jumps(self):
        self.strike("jumping_clock", 3)

    def test_a_server_and_a_plugin_that_die(self):
        self.strike("server_dies", 1)
        self.strike("plugin_aborts", 1)
        self.strike("flaky_provider", 3)


if __name__ == "__main__":
    unittest.main()
