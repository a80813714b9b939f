"""The same calls through OpenAI's own Python client and through Pictor, against one server; and the request bodies against the
published schema. Each is skipped where Python or the schema is not there:

  PICTOR_OPENAI_SCHEMA   openai-images.openapi.yaml; ../shared/reference beside the source without it
"""

import contextlib
import json
import os
import pathlib
import unittest

from openai_cases import CASES, EXPECTED, Case
from replay_server import ReplayServer
from test_openai import OpenAi, picture_reply
from workspace import SOURCE

try:
    import openai
except ImportError:
    openai = None
try:
    import jsonschema
    import yaml
except ImportError:
    jsonschema = yaml = None

SCHEMA = pathlib.Path(os.environ.get("PICTOR_OPENAI_SCHEMA",
                                     SOURCE.parent / "shared/reference/openai-images.openapi.yaml"))
HEADERS = ("accept", "authorization", "openai-organization", "openai-project")

# What both are asked; everything is the API's own word.
CALLS = {
    "plain": {},
    "options": {"size": "1536x1024", "quality": "high", "background": "transparent", "output_format": "webp",
                "output_compression": 80, "moderation": "low", "user": "user-1"},
    "n": {"n": 3},
    "no_ascii": {"prompt": "caf\u00e9 \u65e5\u672c\u8a9e \U0001f431 \"quoted\"\\ \u2028"},
    "stream": {"stream": True, "partial_images": 2},
}


@unittest.skipIf(openai is None, "this Python has no `openai`")
class OfficialClient(OpenAi):
    def ask_officially(self, server, method, arguments, **files):
        client = openai.OpenAI(api_key="sk-test-key", base_url=server.url + "/v1", organization="org-1", project="p-1",
                               max_retries=0)
        with contextlib.ExitStack() as stack:
            opened = {name: stack.enter_context(open(path, "rb")) for name, path in files.items()}
            answer = getattr(client.images, method)(**arguments, **opened)
            if arguments.get("stream"):
                list(answer)
        client.close()

    def ask_ourselves(self, server, arguments, **columns):
        kwargs = {name: value for name, value in arguments.items() if name not in ("model", "prompt", "n")}
        result = self.simple(server, rows=[{"prompt": arguments["prompt"], **columns}], n=arguments.get("n", 1), kwargs=kwargs,
                             load={"model": arguments["model"], "organization": "org-1", "project": "p-1"})
        self.assertEqual(result.code, 0, result.err)

    def both(self, method, extra, reply, files=None):
        arguments = {"model": "gpt-image-2", "prompt": "a fox", **extra}
        with ReplayServer([reply, reply]) as server:
            self.ask_officially(server, method, arguments, **(files or {}))
            columns = {{"mask": "mask_image"}.get(name, name): str(path) for name, path in (files or {}).items()}
            self.ask_ourselves(server, arguments, **columns)
        theirs, ours = server.asked
        self.assertEqual((theirs.method, theirs.path), (ours.method, ours.path))
        for name in HEADERS:
            self.assertEqual(theirs.headers.get(name), ours.headers.get(name), name)
        return theirs, ours

    def test_generations(self):
        for name, extra in CALLS.items():
            with self.subTest(name):
                self.setUp()
                reply = picture_reply(data=picture_reply()["body"]["data"] * extra.get("n", 1))
                theirs, ours = self.both("generate", extra, reply)
                self.assertEqual(theirs.json(), ours.json())

    def test_edits(self):
        files = {"image": CASES / "assets/rgb.png", "mask": CASES / "assets/rgba.png"}
        theirs, ours = self.both("edit", {"input_fidelity": "high", "size": "1024x1024"}, picture_reply(), files)
        plain = [[{key: part[key] for key in part if key != "filename"} for part in asked.parts()] for asked in (theirs, ours)]
        self.assertEqual(*(sorted(parts, key=json.dumps) for parts in plain))


def rewritten(schema):
    """OpenAPI's `nullable` in JSON Schema's words."""
    if isinstance(schema, list):
        return [rewritten(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: rewritten(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


# Newer than the file: fields and values of November 2026.
NEWER = {"generate-gif", "generate-svg", "generate-gpt-image-2.6-all-options", "edit-multipart-svg-nested"}


@unittest.skipIf(jsonschema is None, "this Python has no `jsonschema` and `yaml`")
@unittest.skipUnless(SCHEMA.exists(), "the published schema is not here")
class PublishedSchema(OpenAi):
    @classmethod
    def setUpClass(cls):
        document = rewritten(yaml.safe_load(SCHEMA.read_text()))
        cls.validators = {}
        for name in ("CreateImageRequest", "EditImageBodyJsonParam"):
            schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
            cls.validators[name] = jsonschema.Draft202012Validator(schema)

    def check(self, name, body):
        errors = [error.message for error in self.validators[name].iter_errors(body)]
        self.assertEqual(errors, [])

    def test_the_schema_refuses_something(self):
        self.assertFalse(self.validators["CreateImageRequest"].is_valid({"prompt": 5}))
        self.assertFalse(self.validators["CreateImageRequest"].is_valid({"prompt": "x", "quality": "banana"}))

    def test_generations(self):
        checked = 0
        for name, expected in EXPECTED.items():
            case = Case(name)
            if not expected or not expected["asked"] or name in NEWER or "body" not in case.data["request"]:
                continue
            with self.subTest(name):
                self.setUp()
                with ReplayServer(case.replies()) as server:
                    self.play(case.job(server), [case.row()], server, case.environment())
                self.check("CreateImageRequest", server.asked[0].json())
                checked += 1
        self.assertGreater(checked, 25)

    def test_edits_as_json(self):
        row = {"prompt": "a hat", "image": str(CASES / "assets/rgb.png"), "mask_image": str(CASES / "assets/rgba.png")}
        with ReplayServer([picture_reply()]) as server:
            result = self.simple(server, rows=[row], load={"edit_format": "json"}, kwargs={"input_fidelity": "high"})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(server.asked[0].path, "/v1/images/edits")
        self.check("EditImageBodyJsonParam", server.asked[0].json())


class NewUser(OpenAi):
    """Only configs/openai.yaml, and a server in the environment."""

    def test_the_job_that_comes_along(self):
        job = self.write("configs/openai.yaml", (SOURCE / "configs/openai.yaml").read_text())
        with ReplayServer([picture_reply(), picture_reply()]) as server:
            environment = {"OPENAI_API_KEY": "sk-test-key", "OPENAI_BASE_URL": server.url + "/v1"}
            for command in ("config", "check", job), ("plan", job):
                self.assertEqual(self.pictor(*command, env=environment).code, 0)
            result = self.pictor("run", job, env=environment)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(sorted(asked.json()["quality"] for asked in server.asked), ["low", "medium"])
        self.assertEqual(len(list((self.dir / "out/openai/train").glob("00000*"))), 2)

    def test_one_picture_from_the_command_line(self):
        with ReplayServer([picture_reply()]) as server:
            environment = {"OPENAI_API_KEY": "sk-test-key", "OPENAI_BASE_URL": server.url + "/v1"}
            result = self.pictor("generate", "a fox", "-m", "openai", "-o", "fox.png", "-W", "1024", "-H", "1024",
                                 env=environment)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(server.asked[0].json(), {"model": "gpt-image-2.6-flare", "prompt": "a fox", "size": "1024x1024"})
        self.assertEqual((self.dir / "fox.png").read_bytes(), (CASES / "assets/rgb.png").read_bytes())


if __name__ == "__main__":
    unittest.main()
