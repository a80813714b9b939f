"""A job that costs money, run against a server that counts it: both sides of the bill, compared."""

import collections
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PICTURES = {".png", ".jpg", ".jpeg", ".webp"}
GENERATIONS = 2
SEEDS_A_ROW = 1000  # row i has the seed i * SEEDS_A_ROW, so a seed alone tells row and generation
AGAIN = {"cancelled", "transient", "rate_limited", "oom"}  # drawn again by the same command

Sample = collections.namedtuple("Sample", "outcome file container sha256 size")


class Stuck(Exception):
    """The job does not come to its end."""


class BillingServer:
    """A process of its own, with its journal in `folder`."""

    def __init__(self, folder, script, delay_ms, seed):
        self.socket, self.journal = folder / "socket", folder / "payments"
        (folder / "script.json").write_text(json.dumps(script))
        self.command = [sys.executable, HERE / "billing_server.py", self.socket, self.journal,
                        "--script", folder / "script.json", "--delay-ms", str(delay_ms), "--seed", str(seed)]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                self.ask("ping")
                return
            except OSError:
                time.sleep(0.002)
        raise Stuck("the billing server does not start")

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def ask(self, line):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.sendall(line.encode() + b"\n")
            return b"".join(iter(lambda: connection.recv(1 << 16), b""))

    def payments(self):
        """{(row, generation): times paid}."""
        return {divmod(int(seed), SEEDS_A_ROW): times for seed, times in json.loads(self.ask("dump")).items()}


@dataclasses.dataclass
class Finding:
    """What a whole job came to. The first group must be zero."""
    lost: int = 0           # wanted and neither drawn nor accounted for, or drawn and not (whole) on disk
    duplicated: int = 0     # more than once in the output
    paid_twice: int = 0     # more often than once, and the ledger does not say maybe_billed
    strays: int = 0         # files that the ledger does not know
    maybe_billed: int = 0
    unpaid: int = 0         # maybe_billed that the server was in fact never paid for
    paid_again: int = 0     # maybe_billed that `pictor retry` drew and the server was paid for a second time
    notes: list = dataclasses.field(default_factory=list)

    def add(self, other):
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def faults(self):
        return self.lost + self.duplicated + self.paid_twice + self.strays


class BilledJob:
    """One job in a fresh folder with its server. `samples` pictures of GENERATIONS a row; `script` as in
    billing_server.py; `checkpoint`: queue, store the id, collect."""

    def __init__(self, build, samples, seed, script=None, checkpoint=False, layout="imagefolder", delay_ms=1):
        self.build, self.samples = pathlib.Path(build).resolve(), samples
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pictor-bill-"))
        self.out = self.dir / "out"
        self.server = BillingServer(self.dir, script or {}, delay_ms, seed)
        self.known_ok, self.gone, self.done, self.last_code = {}, 0, False, None
        self.write_job(checkpoint, layout)
        self.server.start()

    def write_job(self, checkpoint, layout):
        with open(self.dir / "prompts.jsonl", "w") as prompts:
            for row in range(self.samples // GENERATIONS):
                prompts.write(json.dumps({"prompt": f"picture {row}", "seed": SEEDS_A_ROW * row}) + "\n")
        layout = "" if layout == "imagefolder" else f", layout: {layout}"
        (self.dir / "job.yaml").write_text(f"""\
pictor: 1
plugins: {{paths: [{json.dumps(str(self.build / "tests/plugins"))}]}}
models:
  m: {{plugin: billing-client, address: {json.dumps(str(self.server.socket))}, checkpoint: {str(checkpoint).lower()}}}
job: {{prompts: prompts.jsonl, num_generations: {GENERATIONS}, output: {{dir: out{layout}}}}}
""")

    def close(self):
        self.server.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.server.kill()
        if kind is None:
            shutil.rmtree(self.dir, ignore_errors=True)
        else:
            print(f"kept for a look: {self.dir}", file=sys.stderr)

    # ---- Running

    def start(self, *arguments, env=None):
        return self.start_pictor("run", "job.yaml", *arguments, env=env)

    def start_pictor(self, *arguments, env=None):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PICTOR_")}
        environment.update({"NO_COLOR": "1", **(env or {})})
        self.stderr = open(self.dir / "stderr", "wb")
        return subprocess.Popen([self.build / "bin/pictor", *arguments], cwd=self.dir, env=environment,
                                stdout=self.stderr, stderr=self.stderr)

    def wait(self, process, seconds=120):
        """The exit code; a hang is Stuck."""
        try:
            self.last_code = process.wait(seconds)
            return self.last_code
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Stuck(f"{self.dir}: a run did not end within {seconds} s") from None
        finally:
            self.stderr.close()

    def run(self, *arguments, env=None):
        return self.wait(self.start(*arguments, env=env))

    def said(self):
        return (self.dir / "stderr").read_text(errors="replace")

    def finish(self, codes=(0, 3), runs=60):
        """Runs the same command until every sample has an end; each run ends with one of `codes`."""
        for _ in range(runs):
            code = self.run()
            if code not in codes:
                raise Stuck(f"{self.dir}: the job's own run ended with {code}: {self.said()}")
            self.note_progress()
            if self.done:
                return
        counts = collections.Counter(sample.outcome for sample in self.ledger().values())
        raise Stuck(f"{self.dir}: not done after {runs} runs: {counts}")

    # ---- Looking

    def ledger(self):
        """{(row, generation): Sample}. Reads a copy: looking must not repair what a kill left."""
        source = self.out / ".pictor/ledger.sqlite"
        if not source.exists():
            return {}
        copies = pathlib.Path(tempfile.mkdtemp(dir=self.dir))
        try:
            for suffix in ("", "-wal"):
                if pathlib.Path(f"{source}{suffix}").exists():
                    shutil.copy(f"{source}{suffix}", copies / f"ledger.sqlite{suffix}")
            database = sqlite3.connect(copies / "ledger.sqlite")
            has_table = database.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'outcomes'").fetchone()[0]
            rows = database.execute("SELECT row, generation, outcome, file_name, container, sha256, file_size "
                                    "FROM outcomes").fetchall() if has_table else []
            database.close()
        finally:
            shutil.rmtree(copies)
        return {(row, generation): Sample(*rest) for row, generation, *rest in rows}

    def note_progress(self):
        """After a run: sets `done`; counts in `gone` what was recorded as ok before and is not there now, unchanged."""
        samples = self.ledger()
        ok = {key: sample.sha256 for key, sample in samples.items() if sample.outcome == "ok"}
        self.gone += sum(ok.get(key) != sha256 for key, sha256 in self.known_ok.items())
        self.known_ok = ok
        self.done = len(samples) == self.samples and not any(s.outcome in AGAIN for s in samples.values())

    def stored(self):
        """({name in the split folder: bytes} of all pictures, names that are there twice); a picture in an archive is
        "ARCHIVE/NAME"."""
        found, twice = {}, []
        for path in (self.out / "train").rglob("*"):
            name = str(path.relative_to(self.out / "train"))
            if path.suffix == ".tar":
                with tarfile.open(path) as archive:
                    for member in archive:
                        if pathlib.Path(member.name).suffix in PICTURES:
                            twice += [member.name] if f"{name}/{member.name}" in found else []
                            found[f"{name}/{member.name}"] = archive.extractfile(member).read()
            elif path.suffix in PICTURES or path.name.endswith(".tmp"):
                found[name] = path.read_bytes()
        return found, twice

    def described(self):
        """The file names in metadata.jsonl, in order; None where the layout has none."""
        file = self.out / "train/metadata.jsonl"
        return [json.loads(line)["file_name"] for line in file.read_text().splitlines()] if file.exists() else None

    def check(self):
        """Both sides of a job that has come to its end."""
        finding = Finding()
        ledger, paid = self.ledger(), self.server.payments()
        files, twice = self.stored()
        self.check_files(finding, ledger, files, twice)
        self.check_payments(finding, ledger, paid)
        if self.gone:
            finding.lost += self.gone
            finding.notes.append(f"{self.gone} pictures on record were gone, or others, after a later run")
        return finding

    def verify(self):
        """`pictor verify` finds nothing in what has come to its end."""
        if self.wait(self.start_pictor("verify", "out")) != 0:
            raise Stuck(f"{self.dir}: verify: {self.said()}")

    def redraw(self):
        """Has what may have been paid for drawn again: then all is there, and only that was paid for twice."""
        before = {key for key, sample in self.ledger().items() if sample.outcome == "maybe_billed"}
        for _ in range(20):
            if not any(sample.outcome == "maybe_billed" for sample in self.ledger().values()):
                break
            self.wait(self.start_pictor("retry", "out", "--status", "maybe_billed"))
        finding = Finding()
        ledger, paid = self.ledger(), self.server.payments()
        self.check_files(finding, ledger, *self.stored())
        twice = {key for key, times in paid.items() if times > 1}
        finding.paid_twice = len(twice - before)
        finding.paid_again = len(twice & before)
        finding.lost += sum(sample.outcome in AGAIN | {"maybe_billed"} for sample in ledger.values())
        return finding

    def check_files(self, finding, ledger, files, twice):
        wanted = {(row, generation) for row in range(self.samples // GENERATIONS) for generation in range(GENERATIONS)}
        finding.lost += len(wanted - set(ledger))
        ok = {key: sample for key, sample in ledger.items() if sample.outcome == "ok"}
        names = {key: f"{s.container}/{s.file}" if s.container else s.file for key, s in ok.items()}
        for key, sample in ok.items():
            content = files.get(names[key])
            if content is None or hashlib.sha256(content).hexdigest() != sample.sha256 or len(content) != sample.size:
                finding.lost += 1
                finding.notes.append(f"{key}: {names[key]} {'is missing' if content is None else 'is another'}")
        finding.duplicated += len(names) - len(set(names.values())) + len(twice) + len(set(ledger) - wanted)
        strays = set(files) - set(names.values())
        finding.strays += len(strays)
        finding.notes += [f"stray {name}" for name in sorted(strays)[:3]]
        described = self.described()
        if described is not None:
            finding.lost += len(set(names.values()) - set(described))
            finding.duplicated += len(described) - len(set(described)) + len(set(described) - set(names.values()))
        elif not any("/" in name and ".tar/" in name for name in names.values()) and names:
            finding.lost += len(names)
            finding.notes.append("no metadata.jsonl")

    @staticmethod
    def check_payments(finding, ledger, paid):
        for key, times in paid.items():
            outcome = ledger[key].outcome if key in ledger else None
            if times > 1 and outcome != "maybe_billed":
                finding.paid_twice += 1
                finding.notes.append(f"{key}: {outcome}, paid {times} times")
            if outcome not in ("ok", "maybe_billed"):
                finding.lost += 1
                finding.notes.append(f"{key}: {outcome}, and paid")
        for key, sample in ledger.items():
            if sample.outcome == "ok" and key not in paid:
                finding.lost += 1
                finding.notes.append(f"{key}: ok, and never paid")
            if sample.outcome == "maybe_billed":
                finding.maybe_billed += 1
                finding.unpaid += key not in paid


def kill_at(process, seconds, number=signal.SIGKILL):
    """Sends the signal so many seconds after now; whether the process was still there."""
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(number)
        return True
