"""Where a secret must not turn up."""

import json
import resource

from workspace import Workspace

KEY = "s3cret-0123456789"


class Secrets(Workspace):
    def core_settings(self, load="", **env):
        self.write("prompts.txt", "a fox\n")
        self.job(plugin="secretive", load=load, job="seed: 1")
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        result = self.run_job("--overwrite", env={"MY_KEY": KEY, **env},
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)))
        self.assertEqual(result.code, 0, result.err)
        line = json.loads((self.dir / "out/train/metadata.jsonl").read_text())
        return line["dumpable"], line["core_limit"]

    def test_a_process_that_read_a_secret_leaves_no_core_file(self):
        before = self.core_settings()
        self.assertEqual(before[0], 1)
        self.assertEqual(self.core_settings("api_key: ${MY_KEY}"), (0, 0))
        self.assertEqual(self.core_settings("api_key: ${MY_KEY}", PICTOR_ALLOW_CORE="1"), before)

    def test_a_secret_on_the_command_line_is_refused_and_not_repeated(self):
        self.write("prompts.txt", "a fox\n")
        self.job(plugin="secretive")
        result = self.run_job(f"--param=models.m.api_key={KEY}")
        self.assert_fails(result, 2, "api_key must not stand in a file or on the command line", "${NAME}")
        self.assertNotIn(KEY, result.err + result.out)
        self.assertEqual(list(self.dir.rglob("ledger.sqlite")), [])

    def test_a_secret_in_the_job_file_is_refused_and_not_repeated(self):
        self.write("prompts.txt", "a fox\n")
        self.job(plugin="secretive", load=f"api_key: {KEY}")
        result = self.run_job()
        self.assert_fails(result, 2, "api_key must not stand in a file")
        self.assertNotIn(KEY, result.err + result.out)

    def test_a_secret_is_in_no_file_of_a_run(self):
        self.core_settings("api_key: ${MY_KEY}")
        for path in (self.dir / "out").rglob("*"):
            if path.is_file():
                self.assertNotIn(KEY.encode(), path.read_bytes(), path)
