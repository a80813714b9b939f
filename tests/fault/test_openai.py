"""The openai plugin in the real program, against a server that replays what the official client met."""

import json
import sqlite3
import unittest

from openai_cases import CASES, EXPECTED, Case
from replay_server import ReplayServer
from workspace import Workspace

FILES = {"/private/img-abc.png": (CASES / "assets/rgb.png").read_bytes()}
PICTURE = json.loads((CASES / "generate-unicode-prompt.json").read_text())["response"]["body"]


class OpenAi(Workspace):
    def play(self, job, rows, server, environment=None, arguments=()):
        """Runs the job; what is left of the user's own settings must not reach it."""
        self.write("job.yaml", json.dumps(job))
        self.write("prompts.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        clean = {"OPENAI_BASE_URL": "", "OPENAI_ORG_ID": "", "OPENAI_PROJECT_ID": "", "OPENAI_CUSTOM_HEADERS": "",
                 "OPENAI_API_KEY": "", "AZURE_OPENAI_API_KEY": "", "AZURE_OPENAI_AD_TOKEN": "", "no_proxy": "127.0.0.1"}
        return self.pictor("run", "job.yaml", *arguments, env={**clean, **(environment or {})})

    def simple(self, server, rows=({"prompt": "a fox"},), n=1, load=None, kwargs=None, environment=None, arguments=()):
        model = {"plugin": "openai", "base_url": server.url + "/v1", "model": "gpt-image-2",
                 "retry": {"attempts": 1}, **(load or {}), "generation_kwargs": kwargs or {}}
        job = {"pictor": 1, "models": {"m": model},
               "job": {"model": "m", "prompts": "prompts.jsonl", "num_generations": n, "output": {"dir": "out"}}}
        return self.play(job, rows, server, {"OPENAI_API_KEY": "sk-test-key", **(environment or {})}, arguments)

    def failures(self):
        path = self.dir / "out/failures.jsonl"
        return [json.loads(line) for line in path.read_text().split("\n") if line] if path.exists() else []

    def metadata(self):
        return [json.loads(line) for line in (self.dir / "out/train/metadata.jsonl").read_text().split("\n") if line]

    def details(self):
        ledger = sqlite3.connect(f"file:{self.dir}/out/.pictor/ledger.sqlite?mode=ro", uri=True)
        try:
            return [json.loads(text) for (text,) in ledger.execute("SELECT details_json FROM samples") if text]
        finally:
            ledger.close()

    def nowhere(self, *secrets):
        """No secret stands in any file of the run."""
        for path in self.dir.rglob("*"):
            if path.is_file():
                for secret in secrets:
                    self.assertNotIn(secret.encode(), path.read_bytes(), path)


def picture_reply(**changes):
    return {"status": 200, "headers": {"content-type": "application/json"}, "body": {**PICTURE, **changes}}


class Captures(OpenAi):
    """One test a capture."""

    def check_request(self, case, asked):
        wanted = case.data["request"]
        self.assertEqual(asked.method, wanted["method"])
        official_query = "" if case.is_azure() else "?dry=run"
        self.assertEqual(asked.path, wanted["path"].replace(official_query, "") if official_query else wanted["path"])
        for name, value in wanted["headers"].items():
            if name not in case.data["volatile_headers"] and name != "content-type":
                self.assertEqual(asked.headers.get(name), value, name)
        kind = wanted["headers"]["content-type"].split(";")[0]
        self.assertEqual(asked.headers["content-type"].split(";")[0], kind)
        if kind == "application/json":
            self.assertEqual(asked.json(), case.expected_body())
            return
        parts = asked.parts()
        for part in parts:
            self.assertTrue(part.pop("filename", "x"))
        self.assertEqual(sorted(parts, key=json.dumps), case.expected_parts())

    def check_failure(self, case, result):
        expected = case.expected
        if result.code == 2:
            return self.assertIn(expected["says"], result.err)
        failure = self.failures()[0]
        self.assertEqual(failure["outcome"], expected["outcome"], failure)
        self.assertIn(expected["says"], failure["message"])
        for field in ("http_status", "provider_code", "parameter"):
            if field in expected:
                self.assertEqual(failure[field], expected[field], failure)
        if "categories" in expected:
            self.assertEqual(self.details()[0]["categories"], expected["categories"])

    def check_pictures(self, case):
        self.assertEqual(self.outcomes(), {"ok": case.arguments.get("n", 1)})
        for record in self.metadata():
            for name, value in case.expected.get("metadata", {}).items():
                self.assertEqual(record[name], value)

    def play_case(self, name):
        case = Case(name)
        with ReplayServer(case.replies(), FILES) as server:
            result = self.play(case.job(server), [case.row()], server, case.environment())
        self.assertEqual(result.code, case.expected["code"], result.err)
        self.assertEqual(len(server.asked), case.expected["asked"], result.err)
        self.assertEqual(len(server.fetched), case.expected.get("fetched", 0))
        for asked in server.asked:
            self.check_request(case, asked)
        for fetched in server.fetched:
            self.assertNotIn("authorization", fetched.headers)
        if case.expected["outcome"] == "ok":
            self.check_pictures(case)
        else:
            self.check_failure(case, result)
        self.nowhere("sk-test-key", "azure-key", "entra-token")

    def test_every_capture_is_expected(self):
        self.assertEqual({path.stem for path in CASES.glob("*.json")}, set(EXPECTED))


for _name, _expected in EXPECTED.items():
    if _expected is not None:
        setattr(Captures, "test_" + _name.replace("-", "_").replace(".", "_"),
                lambda self, name=_name: self.play_case(name))


if __name__ == "__main__":
    unittest.main()
