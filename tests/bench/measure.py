"""Runs commands and measures them from outside: wall and CPU seconds, peak memory."""

import os
import statistics
import subprocess
import sys
import time


class Run:
    """One finished process."""

    def __init__(self, wall, usage, code):
        self.wall = wall
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak_mb = usage.ru_maxrss / 1024
        self.code = code


def run(command, check=True, **options):
    """Runs a command to its end; its output is thrown away."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if check and process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return Run(time.perf_counter() - start, usage, process.returncode)


def interleaved(commands, repeats):
    """{name: [Run, ...]} of commands run in turn, A B C A B C ..., after one warm-up each."""
    results = {name: [] for name in commands}
    for command in commands.values():
        run(command)
    for _ in range(repeats):
        for name, command in commands.items():
            results[name].append(run(command))
    return results


def median(runs, field="wall"):
    return statistics.median(getattr(run, field) for run in runs)
