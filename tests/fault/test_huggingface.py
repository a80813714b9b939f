"""The huggingface plugin in the real program, against a server that replays what the official clients met."""

import json
import unittest

from hub_server import HubServer, mapping
from huggingface_cases import ASSETS, CASES, EXPECTED, Case
from workspace import Workspace

PNG = (ASSETS / "assets/rgb.png").read_bytes()
MODEL = "black-forest-labs/FLUX.1-schnell"
HUB = f"/api/models/{MODEL}"
KEYS = ("hf_test_token", "provider-secret-key", "not-an-hf-token")


class HuggingFace(Workspace):
    def clean_environment(self):
        """What is left of the user's own settings must not reach the test."""
        (self.dir / "home").mkdir(exist_ok=True)
        return {"HOME": str(self.dir / "home"), "XDG_CACHE_HOME": "", "HF_HOME": "", "HF_TOKEN": "", "HF_TOKEN_PATH": "",
                "HUGGING_FACE_HUB_TOKEN": "", "HF_ENDPOINT": "", "HF_HUB_OFFLINE": "", "TRANSFORMERS_OFFLINE": "",
                "HF_HUB_DISABLE_IMPLICIT_TOKEN": "", "no_proxy": "127.0.0.1"}

    def write_job(self, job, rows):
        self.write("job.yaml", json.dumps(job))
        self.write("prompts.jsonl", "".join(json.dumps(row) + "\n" for row in rows))

    def play(self, job, rows, environment=None, arguments=()):
        self.write_job(job, rows)
        return self.pictor("run", "job.yaml", *arguments, env={**self.clean_environment(), **(environment or {})})

    def simple_job(self, server, n=1, load=None, kwargs=None):
        model = {"plugin": "huggingface", "model": MODEL, "hub_url": server.url, "router_url": server.url,
                 "poll_interval": 0.01, "retry": {"attempts": 1, "backoff": {"first": 0.01, "most": 0.02}}, **(load or {}),
                 "generation_kwargs": kwargs or {}}
        return {"pictor": 1, "models": {"m": {key: value for key, value in model.items() if value is not None}},
                "job": {"model": "m", "prompts": "prompts.jsonl", "num_generations": n, "output": {"dir": "out"}}}

    def simple(self, server, rows=({"prompt": "a fox", "seed": 7},), n=1, load=None, kwargs=None, environment=None,
               arguments=()):
        return self.play(self.simple_job(server, n, load, kwargs), rows,
                         {"HF_TOKEN": "hf_test_token", **(environment or {})}, arguments)

    def failures(self):
        path = self.dir / "out/failures.jsonl"
        return [json.loads(line) for line in path.read_text().split("\n") if line] if path.exists() else []

    def only_failure(self):
        (failure,) = self.failures()
        return failure

    def metadata(self):
        return [json.loads(line) for line in (self.dir / "out/train/metadata.jsonl").read_text().split("\n") if line]

    def nowhere(self, *secrets, but=()):
        """No secret stands in any file of the run."""
        for path in self.dir.rglob("*"):
            if path.is_file() and path not in but:
                for secret in secrets:
                    self.assertNotIn(secret.encode(), path.read_bytes(), path)


class Captures(HuggingFace):
    """One test a capture."""

    def check_post(self, case, asked):
        self.assertEqual(asked.path, case.expected_path())
        self.assertEqual(asked.json(), case.expected_body())
        for name in ("authorization", "x-hf-bill-to", "x-source-channel", "prefer", "content-type"):
            self.assertEqual(asked.headers.get(name), case.post["headers"].get(name), name)
        if case.name.startswith("zai-org"):
            self.assertEqual(asked.headers["accept-language"], "en-US,en")
        if "extra-top-level" in case.name:
            self.assertEqual(asked.headers["x-use-cache"], "false")
            self.assertEqual(asked.headers["x-wait-for-model"], "true")

    def check_looks(self, case, server):
        """The hub hears Hugging Face's key alone; pictures are fetched without any."""
        captured = [each["request"] for each in case.exchanges if each["request"] and each["request"]["method"] == "GET"]
        without = {request["path"].split("?")[0] for request in captured if "authorization" not in request["headers"]}
        for look in server.looks:
            path = look.path.split("?")[0]
            if path.startswith("/api/models/"):
                self.assertTrue(look.path.endswith("?expand[]=inferenceProviderMapping"))
                hub_key = case.key() if case.key() and case.key().startswith("hf_") else None
                self.assertEqual(look.headers.get("authorization"), hub_key and f"Bearer {hub_key}")
            elif path in without:
                self.assertNotIn("authorization", look.headers, path)
        if "queue" not in case.expected and "gets" not in case.expected and not case.is_dedicated():
            wanted = [request["url"].split("/", 3)[3] if "url" in request else request["path"][1:] for request in captured
                      if "/api/models/" not in (request.get("url") or request["path"])]
            if case.expected["outcome"] == "ok":
                self.assertEqual([path[1:] for path in server.paths()], wanted)

    def check_failure(self, case, result):
        expected = case.expected
        if expected["outcome"] is None:
            return self.assertIn(expected["says"], result.err)
        failure = self.only_failure()
        self.assertEqual(failure["outcome"], expected["outcome"], failure)
        self.assertIn(expected["says"], failure["message"])
        for field in ("http_status", "provider_code", "parameter"):
            if field in expected:
                self.assertEqual(failure[field], expected[field], failure)

    def check_picture(self, case):
        self.assertEqual(self.outcomes(), {"ok": 1})
        (record,) = self.metadata()
        for name, value in {"seed": case.row()["seed"], **case.expected.get("metadata", {})}.items():
            self.assertEqual(record[name], value)
        stored = (self.dir / "out/train" / record["file_name"]).read_bytes()
        self.assertIn(stored, [path.read_bytes() for path in (ASSETS / "assets").iterdir()])

    def play_case(self, name):
        case = Case(name)
        with HubServer([]) as server:
            case.fill(server)
            result = self.play(case.job(server), [case.row()], case.environment())
        self.assertEqual(result.code, case.expected["code"], result.err)
        self.assertEqual(len(server.asked), case.expected["asked"], result.err)
        for asked in server.asked:
            self.check_post(case, asked)
        self.check_looks(case, server)
        if case.expected["outcome"] == "ok":
            self.check_picture(case)
        else:
            self.check_failure(case, result)
        self.nowhere(*KEYS)

    def test_every_capture_is_expected(self):
        self.assertEqual({path.stem for path in CASES.glob("*.json")}, set(EXPECTED))


for _name in EXPECTED:
    setattr(Captures, "test_" + _name.replace("-", "_"), lambda self, name=_name: self.play_case(name))


if __name__ == "__main__":
    unittest.main()
