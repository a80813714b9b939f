"""The same calls through Hugging Face's own Python client and through Pictor, against one server. Skipped where Python has no
huggingface_hub."""

import contextlib
import unittest
from unittest import mock

from hub_server import HubServer, mapping
from huggingface_cases import ASSETS
from test_huggingface import HUB, MODEL, PNG, HuggingFace
from workspace import SOURCE

try:
    import huggingface_hub
    from huggingface_hub import InferenceClient, constants
    from huggingface_hub.hf_api import InferenceProviderMapping
    from huggingface_hub.inference._providers import _common
except ImportError:
    huggingface_hub = None

PICTURE = {"status": 200, "headers": {"content-type": "image/png"}, "body_bytes": PNG}
SIZED = {"width": 1024, "height": 768, "num_inference_steps": 4, "guidance_scale": 3.5, "negative_prompt": "blurry"}
CALLS = {
    "plain": {},
    "all": {**SIZED, "scheduler": "EulerDiscreteScheduler"},
    "extra": {"extra_body": {"output_format": "png"}},
    "empty": {"negative_prompt": "", "guidance_scale": 0.0},
    "no_ascii": {"prompt": "caf\u00e9 \u65e5\u672c\u8a9e \U0001f431 \"quoted\"\\ \u2028"},
}


@unittest.skipIf(huggingface_hub is None, "this Python has no `huggingface_hub`")
class OfficialClient(HuggingFace):
    def ask_officially(self, server, provider, arguments):
        """What the client's own errors are about is its own affair: the request has left."""
        entry = InferenceProviderMapping(provider=provider, hf_model_id=MODEL, providerId="the/model", status="live",
                                         task="text-to-image")
        with mock.patch.object(constants, "INFERENCE_PROXY_TEMPLATE", server.url + "/{provider}"), \
                mock.patch.dict(_common.HARDCODED_MODEL_INFERENCE_MAPPING, {provider: {MODEL: entry}}):
            try:
                InferenceClient(provider=provider, api_key="hf_test_token").text_to_image(model=MODEL, seed=7, **arguments)
            except Exception as error:
                self.assertTrue(server.asked, error)

    def both(self, provider, extra, reply):
        arguments = {"prompt": "a fox", **extra}
        gets = {HUB: mapping(**{provider.replace("-", "_"): "the/model"})}
        with HubServer([reply, reply], gets) as server:
            self.ask_officially(server, provider, arguments)
            kwargs = {name: value for name, value in arguments.items() if name != "prompt"}
            self.simple(server, rows=[{"prompt": arguments["prompt"], "seed": 7}], load={"provider": provider}, kwargs=kwargs)
        theirs, ours = server.asked
        self.assertEqual((theirs.method, theirs.path), (ours.method, ours.path))
        for name in "authorization", "content-type", "prefer", "x-source-channel":
            self.assertEqual(theirs.headers.get(name), ours.headers.get(name), name)
        self.assertEqual(theirs.json(), ours.json())

    def test_providers_that_answer_at_once(self):
        for provider in "together", "nscale", "replicate":
            for name, extra in CALLS.items():
                with self.subTest(provider=provider, call=name):
                    self.setUp()
                    self.both(provider, extra, {"status": 400, "body": {"error": "enough"}})

    def test_providers_that_queue(self):
        for provider in "wavespeed", "zai-org":
            for name, extra in CALLS.items():
                with self.subTest(provider=provider, call=name):
                    self.setUp()
                    self.both(provider, extra, {"status": 400, "body": {"error": "enough"}})

    def test_an_endpoint(self):
        for name, extra in CALLS.items():
            with self.subTest(name):
                self.setUp()
                arguments = {"prompt": "a fox", **extra}
                with HubServer([PICTURE, PICTURE]) as server:
                    client = InferenceClient(base_url=server.url + "/route", api_key="hf_test_token")
                    with contextlib.suppress(ImportError):  # without PIL it cannot show what came
                        client.text_to_image(seed=7, **arguments)
                    kwargs = {key: value for key, value in arguments.items() if key != "prompt"}
                    result = self.simple(server, rows=[{"prompt": arguments["prompt"], "seed": 7}], kwargs=kwargs,
                                         load={"base_url": server.url + "/route", "model": None})
                self.assertEqual(result.code, 0, result.err)
                theirs, ours = server.asked
                self.assertEqual((theirs.path, theirs.json()), (ours.path, ours.json()))
                for header in "authorization", "accept", "content-type":
                    self.assertEqual(theirs.headers.get(header), ours.headers.get(header), header)


class NewUser(HuggingFace):
    """Only configs/huggingface.yaml and what the environment says."""

    def test_the_job_that_comes_along(self):
        job = self.write("configs/huggingface.yaml", (SOURCE / "configs/huggingface.yaml").read_text())
        with HubServer([PICTURE] * 4, {HUB: mapping(hf_inference=MODEL)}) as server:
            environment = {**self.clean_environment(), "HF_TOKEN": "hf_test_token", "HF_ENDPOINT": server.url}
            self.assertEqual(self.pictor("config", "check", job, env=environment).code, 0)
            result = self.pictor("run", job, "--param", f"models.painter.router_url={server.url}", env=environment)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(server.asked), 4)
        self.assertIn((7, 8), {(a.json()["parameters"]["seed"], a.json()["parameters"]["seed"] + 1) for a in server.asked})

    def test_what_a_run_says_of_itself(self):
        with HubServer([{"status": 200, "body_bytes": (ASSETS / "assets/rgb.jpg").read_bytes()}],
                       {HUB: mapping(hf_inference=MODEL)}) as server:
            result = self.simple(server)
        self.assertEqual(result.code, 0, result.err)
        self.assertIn(MODEL, (self.dir / "out/README.md").read_text() + (self.dir / "out/job.yaml").read_text())
        self.nowhere("hf_test_token")


if __name__ == "__main__":
    unittest.main()
