"""Plugins in a process of their own: what happens to that process happens to the samples it is at, and to nothing else."""

import http.server
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import unittest

from workspace import BUILD, FIXTURES, PICTOR, Workspace

TEMPLATE = BUILD / "lib/pictor/plugins/template.pictor.so"
# A sanitizer ends its process itself when it meets a bad access.
CRASHED = "ended by itself" if "PICTOR_SANITIZED" in os.environ else "SIGSEGV"


class Worker(Workspace):
    def play(self, *prompts, load="isolation: worker", job="", plugin="perilous", **options):
        """Runs a job of these prompts with one attempt each."""
        self.write("prompts.txt", "".join(prompt + "\n" for prompt in prompts))
        retry = "" if "retry" in load else "\nretry: {attempts: 1}"
        self.job(plugin=plugin, load=load + retry, job=job, kwargs=options.pop("kwargs", ""))
        return self.run_job(*options.pop("arguments", ()), **options)

    def records(self):
        """{prompt: record} of the pictures."""
        lines = (self.dir / "out/train/metadata.jsonl").read_text().splitlines()
        return {record["text"]: record for record in map(json.loads, lines)}

    def failures(self):
        path = self.dir / "out/failures.jsonl"
        records = map(json.loads, path.read_text().splitlines()) if path.exists() else []
        return {record["prompt"]: record for record in records}

    def start(self, *prompts, load="isolation: worker"):
        """The first prompt tells in a file that it has begun."""
        self.write("prompts.txt", f"{prompts[0]} {self.dir}/begun\n" + "".join(prompt + "\n" for prompt in prompts[1:]))
        self.job(plugin="perilous", load=load + "\nretry: {attempts: 1}")
        environment = {**os.environ, "NO_COLOR": "1"}
        return subprocess.Popen([PICTOR, "run", "job.yaml"], cwd=self.dir, env=environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def worker_of(self, process):
        """Its worker's process, once it works."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            begun = (self.dir / "begun").exists()
            children = pathlib.Path(f"/proc/{process.pid}/task").glob("*/children") if begun else []
            for child in (number for path in children for number in path.read_text().split()):
                if b"--worker" in pathlib.Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
            time.sleep(0.02)
        self.fail("no worker was started")


class Ends(Worker):
    def test_the_same_pictures_as_in_process(self):
        pictures = {}
        for isolation in ("in-process", "worker"):
            result = self.play("a fox", "an owl", plugin="template", kwargs="width: 48, height: 32",
                               load=f"isolation: {isolation}", job="num_generations: 3")
            self.assertEqual(result.code, 0, result.err)
            files = {path: (self.dir / "out" / path).read_bytes() for path in self.pictures()}
            pictures[isolation] = files, [{**record, "generation_time_s": 0} for record in self.records().values()]
            subprocess.run(["rm", "-rf", self.dir / "out"], check=True)
        self.assertEqual(pictures["in-process"][0], pictures["worker"][0])
        self.assertEqual(len(pictures["worker"][0]), 6)

    def test_one_process_draws_all_and_it_is_not_ours(self):
        process = self.start("draw 1", "draw 2")
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        drawn_in = {record["process"] for record in self.records().values()}
        self.assertEqual(len(drawn_in), 1)
        self.assertNotIn(process.pid, drawn_in)

    def test_every_kind_of_end_costs_its_sample_alone(self):
        for harm, says in (("crash", CRASHED), ("abort the brush broke", "the brush broke"), ("exit", "exit code 9"),
                           ("lose", "the device fell off the bus")):
            with self.subTest(harm):
                result = self.play("draw 1", harm, "draw 2")
                self.assertEqual(result.code, 3, result.err)
                self.assertEqual(self.outcomes(), {"ok": 2, "transient": 1})
                self.assertIn(says, self.failures()[harm]["message"])
                records = self.records()
                self.assertNotEqual(records["draw 1"]["process"], records["draw 2"]["process"])
                self.assertTrue(records["draw 2"]["loaded"])
                subprocess.run(["rm", "-rf", self.dir / "out"], check=True)

    def test_a_lost_device_is_found_again_by_the_next_process(self):
        result = self.play("draw 1", f"lose-once {self.dir}/mark",
                           load="isolation: worker\nretry: {attempts: 2, backoff: {first: 0.01, most: 0.02}}")
        self.assertEqual((result.code, self.outcomes()), (0, {"ok": 2}), result.err)
        first, second = (record["process"] for record in self.records().values())
        self.assertNotEqual(first, second)

    def test_a_device_that_this_process_lost_stops_the_model(self):
        rest = [f"draw {number}" for number in range(100)]  # one or two may have left before the end was heard
        result = self.play("lose", *rest, load="isolation: in-process\nlimits: {concurrency: 1}")
        self.assertLess(self.outcomes().get("ok", 0), len(rest), result.err)
        self.assertIn("stopped: the device fell off the bus", result.err)
        self.assertNotEqual(result.code, 0)

    def test_a_hang_is_ended(self):
        result = self.play("draw 1", "hang", "draw 2", load="isolation: worker\npatience: 1")
        self.assertEqual(self.outcomes(), {"ok": 2, "transient": 1}, result.err)
        self.assertIn("no sign of life", self.failures()["hang"]["message"])

    def test_a_kill_from_outside_is_a_crash(self):
        process = self.start("wait", "draw 1")
        worker = self.worker_of(process)
        os.kill(worker, signal.SIGKILL)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 3, err)
        self.assertEqual(self.outcomes(), {"ok": 1, "transient": 1})

    def test_what_was_handed_over_before_a_crash_is_kept(self):
        result = self.play("half", job="num_generations: 2")
        self.assertEqual(self.outcomes(), {"ok": 1, "transient": 1}, result.err)

    def test_a_checkpoint_survives_a_crash(self):
        result = self.play("keep", load="isolation: worker\nretry: {attempts: 2, backoff: {first: 0.01, most: 0.02}}")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.outcomes(), {"ok": 1})

    def test_after_three_crashes_in_a_row_it_is_disabled(self):
        result = self.play("crash 1", "crash 2", "crash 3", "draw 1")
        self.assertEqual(result.code, 3, result.err)
        self.assertIn("m: stopped", result.err)
        self.assertIn("ended 3 times and is not started again", self.failures()["draw 1"]["message"])
        self.assertEqual(self.outcomes(), {"transient": 4})

    def test_what_it_prints_is_logged(self):
        result = self.pictor("--log-file", "log.txt", "generate", "print once upon a time", "-m",
                             FIXTURES / "perilous.pictor.so")
        self.assertIn("once upon a time", result.out + result.err)  # in this process: to the terminal
        self.play("print a line of its own", "draw 1", arguments=("--log-file", "log.txt"))
        self.assertIn("a line of its own", (self.dir / "log.txt").read_text())

    def test_an_interrupted_job_ends_its_work_and_goes_on(self):
        process = self.start("wait", "draw 1")
        self.worker_of(process)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)

    def test_a_worker_ends_with_its_host(self):
        process = self.start("hang")
        worker = self.worker_of(process)
        process.kill()
        process.communicate()
        until = time.monotonic() + 30
        while pathlib.Path(f"/proc/{worker}").exists() and time.monotonic() < until:
            if pathlib.Path(f"/proc/{worker}/stat").read_text().split()[2] == "Z":
                break
            time.sleep(0.05)
        else:
            self.assertFalse(pathlib.Path(f"/proc/{worker}").exists())


class Contract(Worker):
    """The conformance kit through the proxy: what is told of a plugin is told of it in a worker."""

    def verdicts(self, plugin, *arguments):
        result = self.pictor("plugins", "check", plugin, "--json", *arguments)
        checks = json.loads(result.out)["checks"]
        return {check["check"]: check["verdict"] for check in checks}

    def test_good_plugins_pass_through_the_proxy(self):
        for plugin in (FIXTURES / "minimal.pictor.so", FIXTURES / "async.pictor.so", FIXTURES / "echo.pictor.so", TEMPLATE):
            with self.subTest(plugin.name):
                here, there = self.verdicts(plugin), self.verdicts(plugin, "--worker")
                here["draw.memory"] = "skip"  # a worker's memory is out of reach
                self.assertEqual(here, there)
                self.assertNotIn("fail", there.values())


class Sandboxed(Worker):
    def allowed(self, *prompts, sandbox="true", load=""):
        result = self.play(*prompts, load=f"sandbox: {sandbox}" + load)
        self.assertEqual(result.code, 0, result.err)
        return {prompt: record["allowed"] for prompt, record in self.records().items()}

    def test_without_one_everything_is_allowed(self):
        (self.dir / "mine.txt").write_text("mine")
        result = self.play(f"read {self.dir}/mine.txt", f"write {self.dir}/new.txt", "run /bin/true",
                           f"signal {os.getpid()}")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual({record["allowed"] for record in self.records().values()}, {True})

    def test_files_programs_and_processes_are_out_of_reach(self):
        (self.dir / "mine.txt").write_text("mine")
        (self.dir / "model").mkdir()
        (self.dir / "model/weights").write_text("weights")
        prompts = {f"read {self.dir}/mine.txt": False, f"read {self.dir}/model/weights": True,
                   f"read {pathlib.Path.home()}": False, "read /usr/bin/env": True, "read /etc/passwd": False,
                   f"write {self.dir}/model/new": False, f"write {self.dir}/new.txt": False, "write /dev/null": True,
                   "run /bin/true": False}
        self.assertEqual(self.allowed(*prompts, load="\nfolder: ./model"), prompts)

    @unittest.skipIf("PICTOR_SANITIZED" in os.environ, "a sanitizer takes more address space than there is")
    def test_memory_has_a_limit(self):
        result = self.play("allocate 4000", "allocate 10", load="sandbox: {memory: 3GB}")
        self.assertEqual(self.outcomes(), {"ok": 1, "oom": 1}, result.err)

    def test_what_the_user_grants_is_allowed(self):
        (self.dir / "mine.txt").write_text("mine")
        prompt = f"read {self.dir}/mine.txt"
        self.assertEqual(self.allowed(prompt, sandbox="{read: [./mine.txt]}"), {prompt: True})

    def test_the_network_is_granted_or_not(self):
        with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            prompt = f"connect {server.server_address[1]}"
            self.assertEqual(self.allowed(prompt), {prompt: False})
            subprocess.run(["rm", "-rf", self.dir / "out"], check=True)
            self.assertEqual(self.allowed(prompt, sandbox="{network: true}"), {prompt: True})
            server.shutdown()

    def test_a_plugin_that_needs_the_network_is_told_so(self):
        result = self.play("a fox", plugin="openai", load="sandbox: true\nmodel: gpt-image-1")
        self.assert_fails(result, 7, "needs the network, and its sandbox has none", "sandbox: {network: true}")

    def test_a_sandbox_in_process_is_refused(self):
        result = self.play("a fox", load="isolation: in-process\nsandbox: true")
        self.assert_fails(result, 2, "job.yaml:7", "a sandbox needs a process of its own")


if __name__ == "__main__":
    unittest.main()
