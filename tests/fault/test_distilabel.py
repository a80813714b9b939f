"""`pictor config import` with pipelines that distilabel dumped (tests/golden/distilabel); where Python has distilabel, dumped
again and compared."""

import importlib.util
import json
import subprocess
import sys
import unittest

from hub_server import HubServer
from test_huggingface import PNG, HuggingFace
from workspace import SOURCE

DUMPS = SOURCE / "tests/golden/distilabel"


class Import(HuggingFace):
    def imported(self, name, *arguments):
        result = self.pictor("config", "import", DUMPS / name, *arguments)
        self.assertEqual(result.code, 0, result.err)
        return result

    def checked(self, name):
        """The job, which `config show` has read, and what was left out."""
        result = self.imported(name)
        self.write("job.yaml", result.out)
        self.write("prompts.jsonl", '{"prompt": "a fox"}\n')
        shown = self.pictor("config", "show", "job.yaml")
        self.assertEqual(shown.code, 0, result.out + shown.err)
        left_out = [line.split("not carried over: ")[1] for line in result.err.split("\n") if line]
        for line in left_out:
            self.assertIn(f"#   - {line}\n", result.out)
        return shown.out, left_out, result.out

    def test_inference_providers(self):
        shown, left_out, _ = self.checked("providers.yaml")
        for line in ("plugin: huggingface", "model: black-forest-labs/FLUX.1-schnell", "num_inference_steps: 4", "width: 1024",
                     "height: 768", "guidance_scale: 3.5", "negative_prompt: blurry", "concurrency: 4", "num_generations: 2",
                     "out/providers"):
            self.assertIn(line, shown)
        self.assertEqual(len(left_out), 1)
        self.assertIn("LoadDataFromDicts", left_out[0])

    def test_openai_from_json(self):
        shown, left_out, written = self.checked("openai.json")
        for line in ("plugin: openai", "model: dall-e-3", "quality: hd", "1024x1792", "style: natural", "timeout: 300",
                     "attempts: 4", "concurrency: 8", "format: png", "transcode: true"):
            self.assertIn(line, shown)
        self.assertNotIn("base_url", written)  # it is the default, or OPENAI_BASE_URL
        told = "\n".join(left_out)
        self.assertIn('load_dataset("someone/prompts", split="train")', told)
        self.assertIn("--limit 10", told)
        self.assertIn("'text' keeps its name", told)

    def test_an_endpoint_and_a_prompt_file(self):
        shown, left_out, _ = self.checked("endpoint.yaml")
        self.assertIn("base_url: ", shown)
        self.assertIn("https://abc123.us-east-1.aws.endpoints.huggingface.cloud", shown)
        self.assertIn("num_inference_steps: 30", shown)
        self.assertIn("prompts.jsonl", shown)
        self.assertIn("rename 'instruction'", left_out[0])
        self.assertIn("keep (KeepColumns)", left_out[1])

    def test_two_models(self):
        shown, left_out, written = self.checked("two_models.yaml")
        self.assertIn("model: [draw, second]", written)
        self.assertIn("X-Team", shown)
        told = "\n".join(left_out)
        self.assertIn("my-org/my-endpoint", told)
        self.assertIn("num_generations: a job has one", told)

    def test_an_imported_job_draws(self):
        self.write("prompts.jsonl", '{"prompt": "a fox"}\n')
        self.imported("providers.yaml", "-o", "job.yaml")
        model = "black-forest-labs/FLUX.1-schnell"
        entry = {"status": "live", "providerId": model, "task": "text-to-image"}
        gets = {f"/api/models/{model}": {"status": 200, "body": {"inferenceProviderMapping": {"hf-inference": entry}}}}
        with HubServer([{"status": 200, "body_bytes": PNG}] * 2, gets) as server:
            environment = {**self.clean_environment(), "HF_TOKEN": "hf_test_token", "HF_ENDPOINT": server.url}
            result = self.pictor("run", "job.yaml", "--param", f"models.draw.router_url={server.url}", env=environment)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual([asked.json()["parameters"]["width"] for asked in server.asked], [1024, 1024])

    def test_a_job_is_not_overwritten(self):
        self.write("job.yaml", "mine\n")
        result = self.pictor("config", "import", DUMPS / "providers.yaml", "-o", "job.yaml")
        self.assert_fails(result, 2, "is there already")
        self.assertEqual((self.dir / "job.yaml").read_text(), "mine\n")

    def test_what_is_no_pipeline(self):
        texts = {"job": "pictor: 1\n", "list": "[1, 2]\n", "empty": "", "broken": "pipeline: [\n", "steps": "pipeline: {steps: 5}\n",
                 "step": "pipeline: {steps: [5]}\n", "nothing": "pipeline: {steps: []}\n",
                 "no_model": "pipeline: {steps: [{name: a, step: {type_info: {name: ImageGeneration}}}]}\n",
                 "tag": "pipeline: !!python/object:os.system {}\n"}
        for name, text in texts.items():
            with self.subTest(name):
                result = self.pictor("config", "import", self.write(f"{name}.yaml", text))
                self.assert_fails(result, 2)
                self.assertEqual(result.out, "")

    def test_odd_settings_break_nothing(self):
        model = {"type_info": {"name": "OpenAIImageGeneration"}, "model": "a: b # c\n${HOME}", "max_retries": "many",
                 "generation_kwargs": {"size": None, "odd": [1, {"a": "b"}], "n": 2}, "timeout": None,
                 "default_headers": {"X-Team": "a", "Authorization": "Bearer mysecret"}}
        step = {"type_info": {"name": "ImageGeneration"}, "image_generation_model": model, "num_generations": "x",
                "input_batch_size": 0, "resources": {"replicas": 3}}
        other = {"name": "b", "step": {**step, "image_generation_model": {"type_info": {"name": "MyModel"}}}}
        dump = {"pipeline": {"name": "../../etc", "steps": [{"name": "dr aw", "step": step}, other]}}
        path = self.write("odd.yaml", json.dumps(dump))
        result = self.pictor("config", "import", path)
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("$${HOME}", result.out)
        self.assertIn("MyModel is no class that Pictor knows", result.err)
        self.assertNotIn("out/../", result.out)
        self.assertNotIn("mysecret", result.out + result.err)
        self.assertIn("headers: {X-Team: a}", result.out)
        for text in ("generation_kwargs.odd", "generation_kwargs.n:", "resources.replicas"):
            self.assertIn(text, result.err)


@unittest.skipIf(importlib.util.find_spec("distilabel") is None, "this Python has no `distilabel`")
class DumpedAgain(HuggingFace):
    def test_the_dumps_are_distilabel_s(self):
        self.write("prompts.jsonl", '{"instruction": "a fox"}\n')
        script = SOURCE / "tests/fault/distilabel_pipelines.py"
        subprocess.run([sys.executable, script, self.dir], cwd=self.dir, check=True, capture_output=True, timeout=500)
        for path in sorted(DUMPS.iterdir()):
            again = (self.dir / path.name).read_text()
            theirs = self.pictor("config", "import", self.dir / path.name)
            ours = self.pictor("config", "import", path)
            self.assertEqual(theirs.out, ours.out, path.name)
            self.assertIn("distilabel", again)


if __name__ == "__main__":
    unittest.main()
