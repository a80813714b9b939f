#!/usr/bin/env python3
"""The fault matrix: a billed job is stopped in every way, goes on, and both sides of the bill are compared.

Usage: tests/fault/matrix.py [--build build/release-host] [--kills 500] [--others 60] [--seed 1] [--faults kill,...]

Each fault strikes short runs of a job of --samples pictures at random moments (start-up, drawing, recording, the
derived files; in units of a short run's time) until the job is done; then the next job, until it has struck often
enough. After each job: every sample once in the output (files, metadata.jsonl, ledger, sha256), none paid twice on the
server but those that the ledger calls maybe_billed. One table; exit code 1 when a column that must be zero is not. The
same seed chooses the same moments; where a run stands then is up to the machine.
"""

import argparse
import errno
import random
import signal
import sys
import time

from billed_job import BilledJob, Finding, Stuck, kill_at

FAULTS = {}


def fault(function):
    """Registers `function(strike: Strike)`: one run that is struck; adds to strike.struck when it was."""
    FAULTS[function.__name__] = function
    return function


class Strike:
    """What a fault function gets: the job, the chance, and where to count."""

    def __init__(self, job, chance, pace):
        self.job, self.chance, self.pace = job, chance, pace
        self.shim = job.build / "tests/fault/disk_shim.so"
        self.runs = self.struck = 0

    def moment(self):
        """Arguments and seconds until the strike: start-up, the middle, or the end of a run that draws few."""
        kind = self.chance.choice(["start", "middle", "middle", "end"])
        if kind == "start":
            return [], self.pace * self.chance.uniform(0, 0.6)
        if kind == "middle":
            return [], self.pace * self.chance.uniform(0.4, 4)
        return ["--limit", "40"], self.pace * self.chance.uniform(0.5, 1.5)

    def signal(self, number, env=None, again=None):
        arguments, seconds = self.moment()
        process = self.job.start(*arguments, env=env)
        hit = kill_at(process, seconds, number)
        if hit and again is not None:
            kill_at(process, self.pace * again, number)
        code = self.job.wait(process)
        self.runs += 1
        self.struck += hit and code not in (0, 3)
        return hit, code

    def with_shim(self, number, calls, most):
        """A run on a disk that fails with errno `number` after a random count of `calls`."""
        code = self.job.run(env=self.shim_env(number, calls, most))
        self.runs += 1
        self.struck += code not in (0, 3)
        return code

    def shim_env(self, number, calls, most):
        return {"LD_PRELOAD": str(self.shim), "PICTOR_FAULT_DIR": str(self.job.out), "PICTOR_FAULT_ERRNO": str(number),
                "PICTOR_FAULT_CALLS": calls, "PICTOR_FAULT_AFTER": str(int(most ** self.chance.random()))}


@fault
def kill(strike):
    """kill -9."""
    strike.signal(signal.SIGKILL)


@fault
def kill_with_checkpoints(strike):
    """kill -9; the plugin queues, stores the id, collects."""
    strike.signal(signal.SIGKILL)


@fault
def sigterm(strike):
    """SIGTERM drains."""
    strike.signal(signal.SIGTERM)


@fault
def sigint_twice(strike):
    """Ctrl-C, and again a moment later."""
    strike.signal(signal.SIGINT, again=strike.chance.uniform(0, 0.3))


@fault
def full_disk(strike):
    """ENOSPC at write."""
    strike.with_shim(errno.ENOSPC, "write", 4000)


@fault
def failing_fsync(strike):
    """EIO at fsync."""
    strike.with_shim(errno.EIO, "fsync", 2000)


@fault
def read_only_disk(strike):
    """EROFS at open and rename."""
    strike.with_shim(errno.EROFS, "open,rename", 1500)


@fault
def jumping_clock(strike):
    """The wall clock jumps by hours, forth and back, and then comes kill -9."""
    strike.signal(signal.SIGKILL, env={"LD_PRELOAD": str(strike.shim), "PICTOR_FAULT_CLOCK_JUMP": "18000"})


@fault
def server_dies(strike):
    """The server is killed, is away for a moment, comes back with its journal."""
    process = strike.job.start()
    seconds = strike.pace * strike.chance.uniform(0.5, 4)
    hit = not kill_nothing(process, seconds)
    if hit:
        strike.job.server.kill()
        time.sleep(strike.pace * strike.chance.uniform(0, 1))
        strike.job.server.start()
    strike.job.wait(process)
    strike.runs += 1
    strike.struck += hit


@fault
def plugin_aborts(strike):
    """The plugin calls abort() after paying: the host dies with it."""
    code = strike.job.run()
    strike.runs += 1
    strike.struck += code == -signal.SIGABRT


@fault
def flaky_provider(strike):
    """503, 429, refusals, lost and slow answers by script, and kill -9."""
    strike.signal(signal.SIGKILL)


def kill_nothing(process, seconds):
    """Waits so long; whether the process ended by itself."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            return True
        time.sleep(0.002)
    return process.poll() is not None


# The codes with which a struck run may end.
ENDS = {
    "kill": {0, 3, -9}, "kill_with_checkpoints": {0, 3, -9}, "jumping_clock": {0, 3, -9}, "flaky_provider": {0, 3, -9},
    "sigterm": {0, 3, 130, -15}, "sigint_twice": {0, 3, 130, -2}, "full_disk": {0, 1, 3}, "failing_fsync": {0, 1, 3},
    "read_only_disk": {0, 1, 2, 3}, "server_dies": {0, 3}, "plugin_aborts": {0, 3, -6},
}
ENDS_OF_ITSELF = {-6, 5}  # the last runs, which nothing strikes any more, may still meet the script's plugin_aborts
NEVER_MAYBE_BILLED = {"sigterm"}


def script_for(name, samples, chance):
    """{prompt: steps} of the rows that the fault makes special."""
    prompts = [f"picture {row}" for row in range(samples // 2)]
    if name == "plugin_aborts":
        return {prompt: "abort, ok" for prompt in chance.sample(prompts, max(1, len(prompts) // 70))}
    if name == "flaky_provider":
        steps = ["503 x2, ok", "429 0.05, ok", "refused", "lost, ok", "lost x2, ok", "slow", "503, 429 0.02 x2, ok"]
        return {prompt: chance.choice(steps) for prompt in chance.sample(prompts, len(prompts) // 10)}
    return {}


def run_fault(name, times, options):
    """(Finding, runs, strikes, jobs) of a fault that struck `times` times. Where a whole job ended before any strike,
    the pace was measured on a busier machine: it is halved."""
    chance = random.Random(f"{options.seed} {name}")
    total, runs, struck, jobs, barren, pace = Finding(), 0, 0, 0, 0, options.pace
    while struck < times and barren < 12:
        job = BilledJob(options.build, options.samples, jobs, script_for(name, options.samples, chance),
                        checkpoint=name == "kill_with_checkpoints", layout=options.layout)
        with job:
            strike = Strike(job, chance, pace)
            while struck + strike.struck < times and not job.done:
                one_run(name, strike)
            job.finish({0, 3} | ENDS[name] & ENDS_OF_ITSELF)
            total.add(job.check())
            if options.then:
                job.verify()
                total.add(job.redraw())
                job.verify()
        runs, struck, jobs = runs + strike.runs, struck + strike.struck, jobs + 1
        barren, pace = (0, pace) if strike.struck else (barren + 1, pace / 2)
        if options.verbose:
            print(f"  {name}: job {jobs}, struck {struck}", file=sys.stderr, flush=True)
    return total, runs, struck, jobs


def one_run(name, strike):
    FAULTS[name](strike)
    strike.job.note_progress()
    code = strike.job.last_code
    if code not in ENDS[name]:
        raise Stuck(f"{strike.job.dir}: a struck run ended with {code}: {strike.job.said()}")


def pace_of(build):
    """How long a run of 40 pictures takes here and now, start-up included: what the moments are counted in."""
    with BilledJob(build, 400, 0) as job:
        begun = time.monotonic()
        for _ in range(3):
            job.run("--limit", "40")
        return (time.monotonic() - begun) / 3


COLUMNS = ["fault", "jobs", "runs", "struck", "lost", "duplicated", "paid twice", "strays", "maybe_billed",
           "of them unpaid", "paid again", "s"]


def row_of(name, options):
    times = options.kills if name == "kill" else options.others
    begun = time.monotonic()
    finding, runs, struck, jobs = run_fault(name, times, options)
    cells = [name, jobs, runs, struck, finding.lost, finding.duplicated, finding.paid_twice, finding.strays,
             finding.maybe_billed, finding.unpaid, finding.paid_again, round(time.monotonic() - begun)]
    bad = finding.faults() > 0 or (name in NEVER_MAYBE_BILLED and finding.maybe_billed > 0)
    return cells, finding.notes, bad


def print_row(cells):
    widths = [21] + [len(title) for title in COLUMNS[1:]]
    print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(cells, widths)) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description="The fault matrix")
    parser.add_argument("--build", default="build/release-host", help="the build folder: a Release host with tests")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=500, help="strikes of kill -9")
    parser.add_argument("--others", type=int, default=60, help="strikes of every other fault")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--layout", default="imagefolder", help="job.output.layout")
    parser.add_argument("--faults", default=",".join(FAULTS), help="which, comma-separated")
    parser.add_argument("--then", action="store_true",
                        help="then `pictor verify`, `pictor retry --status maybe_billed` (\"paid again\"), verify")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    options.pace = pace_of(options.build)
    print(f"a run of 40 pictures takes {options.pace:.2f} s")
    print_row(COLUMNS)
    print_row(["---"] * len(COLUMNS))
    all_notes, failed = [], False
    for name in options.faults.split(","):
        cells, notes, bad = row_of(name, options)
        print_row(cells)
        failed = failed or bad
        all_notes += [f"{name}: {note}" for note in notes]
    for note in all_notes[:20]:
        print(note)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
