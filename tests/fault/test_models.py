"""`pictor models`: downloads into the Hugging Face cache that break, lie and are refused, against a hub of our own."""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

from hub_files import COMMIT, Hub, git_name
from workspace import PICTOR, Workspace

WEIGHTS = bytes(range(256)) * 64
FILES = {
    "model_index.json": b'{"_class_name": "StableDiffusionPipeline"}',
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.safetensors": WEIGHTS,
    "unet/diffusion_pytorch_model.fp16.safetensors": WEIGHTS[:9000],
    "unet/diffusion_pytorch_model.non_ema.safetensors": WEIGHTS[:9001],
    "unet/diffusion_pytorch_model.bin": WEIGHTS[:9002],
    "text_encoder/model-00001-of-00002.safetensors": WEIGHTS[:9003],
    "text_encoder/model-00002-of-00002.safetensors": WEIGHTS[:9004],
    "text_encoder/model.safetensors.index.json": b'{"weight_map": {}}',
    "text_encoder/model.safetensors.index.fp16.json": b'{"weight_map": {} }',
    "text_encoder/pytorch_model.bin.index.json": b'{"weight_map":{}}',
    "tokenizer/vocab.json": b'{"a": 0}',
    "tokenizer/merges.txt": b"#version: 0.2\n",
    "tokenizer_2/spiece.model": b"\x0a\x01",
    "safety_checker/config.json": b'{"a":1}',
    "safety_checker/model.safetensors": WEIGHTS[:9005],
    "v1-5-pruned.safetensors": WEIGHTS[:9006],
    "v1-5-pruned.ckpt": WEIGHTS[:9007],
    "unet/onnx/weights/model.json": b"[]",
    "empty.txt": b"",
}
PLAIN = ["empty.txt", "model_index.json", "safety_checker/config.json", "text_encoder/model-00001-of-00002.safetensors",
         "text_encoder/model-00002-of-00002.safetensors", "text_encoder/model.safetensors.index.json",
         "tokenizer/merges.txt", "tokenizer/vocab.json", "tokenizer_2/spiece.model", "unet/config.json",
         "unet/diffusion_pytorch_model.safetensors"]
LARGE = "unet/diffusion_pytorch_model.safetensors"


class Models(Workspace):
    def setUp(self):
        super().setUp()
        self.cache = self.dir / "cache"
        self.hub = Hub(FILES)
        self.addCleanup(self.hub.__exit__)

    def environment(self, **more):
        return {"HF_ENDPOINT": self.hub.url, "HF_HUB_CACHE": str(self.cache), "HF_HOME": str(self.dir / "home"),
                "HF_TOKEN": "", "HF_TOKEN_PATH": "", "HUGGING_FACE_HUB_TOKEN": "", "HF_HUB_OFFLINE": "",
                "no_proxy": "*", **more}

    def models(self, *arguments, **more):
        return self.pictor("models", *arguments, env=self.environment(**more))

    def pull(self, *arguments, **more):
        return self.models("pull", "org/model", *arguments, **more)

    def folder(self):
        return self.cache / "models--org--model"

    def snapshot(self):
        root = self.folder() / "snapshots" / COMMIT
        return {str(path.relative_to(root)): path for path in root.rglob("*") if not path.is_dir()}

    def assert_whole(self, names):
        found = self.snapshot()
        self.assertEqual(sorted(found), sorted(names))
        for name, path in found.items():
            self.assertTrue(path.is_symlink())
            self.assertFalse(os.path.isabs(os.readlink(path)))
            self.assertEqual(path.read_bytes(), FILES[name], name)
        self.assertEqual(list(self.folder().glob("blobs/*.incomplete")), [])

    def test_a_model_comes_in_the_layout_of_the_cache(self):
        result = self.pull()
        self.assertEqual(result.code, 0, result.err)
        self.assert_whole(PLAIN)
        self.assertEqual((self.folder() / "refs/main").read_text(), COMMIT)
        self.assertEqual(result.out.strip(), str(self.folder() / "snapshots" / COMMIT))
        blobs = {path.name for path in (self.folder() / "blobs").iterdir()}
        self.assertEqual(blobs, {hashlib.sha256(FILES[name]).hexdigest() if len(FILES[name]) > 1000 else git_name(FILES[name])
                                 for name in PLAIN})

    def test_what_is_there_is_not_fetched_again(self):
        self.assertEqual(self.pull().code, 0)
        before = len(self.hub.asked), len(self.hub.cdn.asked)
        self.assertEqual(self.pull().code, 0)
        self.assertEqual((len(self.hub.asked), len(self.hub.cdn.asked)), (before[0] + 1, before[1]))

    def test_a_variant_takes_the_place_of_plain_weights_where_it_is(self):
        self.assertEqual(self.pull("--variant", "fp16").code, 0)
        plain = set(PLAIN) - {LARGE}
        self.assert_whole(plain | {"unet/diffusion_pytorch_model.fp16.safetensors"})

    def test_include_takes_what_fits(self):
        self.assertEqual(self.pull("--include", "*.txt", "--include", "unet/*.json").code, 0)
        self.assert_whole(["empty.txt", "tokenizer/merges.txt", "unet/config.json", "unet/onnx/weights/model.json"])
        self.assert_fails(self.pull("--include", "*.ckpt"), 2, "pickles")

    def test_a_download_that_breaks_goes_on(self):
        self.hub.cdn.cut = [5000, 3000]
        self.assertEqual(self.pull("--include", LARGE).code, 0)
        self.assert_whole([LARGE])
        self.assertEqual([headers.get("range") for _, headers in self.hub.cdn.asked], [None, "bytes=5000-", "bytes=8000-"])

    def test_a_server_without_ranges_begins_anew(self):
        self.hub.cdn.cut, self.hub.cdn.ranges = [5000], False
        self.assertEqual(self.pull("--include", LARGE).code, 0)
        self.assert_whole([LARGE])

    def test_a_killed_download_is_resumed_by_the_next(self):
        self.hub.cdn.cut = [7000] + [0] * 100
        process = subprocess.Popen([PICTOR, "models", "pull", "org/model", "--include", LARGE], cwd=self.dir,
                                   env={**os.environ, **self.environment()}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        incomplete = self.folder() / "blobs" / (hashlib.sha256(WEIGHTS).hexdigest() + ".incomplete")
        deadline = time.monotonic() + 120
        while not (incomplete.exists() and incomplete.stat().st_size == 7000):
            self.assertLess(time.monotonic(), deadline, "the first 7000 bytes never came")
            time.sleep(0.02)
        process.kill()
        process.wait()
        self.assertFalse((self.folder() / "refs/main").exists())
        self.hub.cdn.cut.clear()
        self.hub.cdn.asked.clear()
        self.assertEqual(self.pull("--include", LARGE).code, 0)
        self.assert_whole([LARGE])
        self.assertEqual([headers.get("range") for _, headers in self.hub.cdn.asked], ["bytes=7000-"])

    def test_a_wrong_checksum_is_refused_and_nothing_is_kept(self):
        name = "/" + hashlib.sha256(WEIGHTS).hexdigest()
        self.hub.cdn.contents[name] = WEIGHTS[:-1] + b"?"
        self.assert_fails(self.pull("--include", LARGE), 2, LARGE, "checksum")
        self.assertEqual(list((self.folder() / "blobs").iterdir()), [])
        self.assertFalse((self.folder() / "refs/main").exists())
        self.hub.cdn.contents[name] = WEIGHTS
        self.assertEqual(self.pull("--include", LARGE).code, 0)
        self.assert_whole([LARGE])

    def test_a_small_file_is_checked_as_git_names_it(self):
        self.hub.files = {**FILES, "unet/config.json": b"[]"}
        self.assert_fails(self.pull("--include", "unet/config.json"), 2, "unet/config.json", "checksum")

    def test_the_token_goes_to_the_hub_and_nowhere_else(self):
        self.hub.token = "hf_secret"
        result = self.pull(HF_TOKEN="hf_secret")
        self.assertEqual(result.code, 0, result.err)
        self.assertTrue(all(headers["authorization"] == "Bearer hf_secret" for _, headers in self.hub.asked))
        self.assertGreater(len(self.hub.cdn.asked), 0)
        self.assertTrue(all("authorization" not in headers for _, headers in self.hub.cdn.asked))
        self.assertNotIn("hf_secret", result.out + result.err)

    def test_the_token_of_a_login_is_used(self):
        self.hub.token = "hf_file"
        self.write("home/token", "hf_file\n")
        self.assertEqual(self.pull("--include", "empty.txt").code, 0)

    def test_refusals_say_what_to_do(self):
        self.hub.token = "hf_secret"
        self.assert_fails(self.pull(), 6, "Repository not found", "HF_TOKEN")
        self.assert_fails(self.pull(HF_TOKEN="wrong"), 6, "no access")
        self.hub.refusal = 403, {"X_Error_Code": "GatedRepo"}
        self.assert_fails(self.pull(HF_TOKEN="hf_secret"), 6, "accept the model's terms")
        self.hub.refusal = 404, {"X_Error_Code": "RevisionNotFound", "X_Error_Message": "Invalid rev id: v9"}
        self.assert_fails(self.pull("--revision", "v9"), 2, "Invalid rev id", "--revision")
        self.hub.refusal = 404, {}
        self.assert_fails(self.pull(), 2, "404", "name right")
        self.hub.refusal = 503, {}
        self.assert_fails(self.pull(), 2, "503")
        self.assert_fails(self.models("pull", "../model"), 2, "is no repository")
        self.assert_fails(self.pull("--revision", "../x"), 2, "no branch, tag or commit")
        self.assert_fails(self.pull(HF_HUB_OFFLINE="1"), 2, "HF_HUB_OFFLINE")
        self.assert_fails(self.pull(HF_ENDPOINT="hub"), 2, "HF_ENDPOINT")
        self.assertFalse(self.cache.exists())

    def test_a_revision_is_asked_for_and_kept(self):
        self.assertEqual(self.pull("--revision", "refs/pr/1", "--include", "empty.txt").code, 0)
        self.assertEqual((self.folder() / "refs/refs/pr/1").read_text(), COMMIT)
        self.assertIn("/api/models/org/model/revision/refs%2Fpr%2F1", self.hub.paths())

    def test_a_hub_cannot_write_outside_the_cache(self):
        good = self.hub.siblings[0]
        for bad in ({"rfilename": "../../evil.json"}, {"rfilename": "/etc/evil.json"}, {"rfilename": "a//b.json"},
                    {"rfilename": "a\x1b[2J.json"}, {"blobId": "../../../evil"}, {"lfs": {"sha256": "../evil"}}, {"size": -1}):
            self.hub.siblings = [{**good, **bad}]
            self.assert_fails(self.pull(), 2, "of no use")
        self.hub.siblings = "no list"
        self.assert_fails(self.pull(), 2, "lists no files")
        self.assertFalse(self.cache.exists())

    def test_pickles_alone_are_refused(self):
        self.hub.siblings = [entry for entry in self.hub.siblings if not entry["rfilename"].endswith(".safetensors")]
        self.assert_fails(self.pull(), 2, "pickles only")

    def test_the_list_tells_what_is_there(self):
        self.assertIn("no model is in", self.models("list").err)
        self.assertEqual(self.pull().code, 0)
        table = self.models("list").out
        self.assertIn("org/model", table)
        self.assertIn("main", table)
        listed = json.loads(self.pictor("--format", "json", "models", "list", env=self.environment()).out)
        [model] = listed["repositories"]
        self.assertEqual(model["repository"], "org/model")
        self.assertEqual(model["revisions"], {"main": COMMIT})
        self.assertEqual(model["bytes"], sum(len(FILES[name]) for name in PLAIN))

    def test_huggingface_hub_reads_what_was_pulled(self):
        python = os.environ.get("PICTOR_HUB_PYTHON", sys.executable)
        probe = subprocess.run([python, "-c", "import huggingface_hub"], capture_output=True)
        if probe.returncode != 0:
            self.skipTest("huggingface_hub is not installed")
        self.assertEqual(self.pull().code, 0)
        script = ("import huggingface_hub as h, json; print(json.dumps([h.snapshot_download('org/model', local_files_only=True), "
                  "h.try_to_load_from_cache('org/model', 'unet/config.json'), "
                  "sorted(r.repo_id for r in h.scan_cache_dir().repos), len(h.scan_cache_dir().warnings)]))")
        answer = subprocess.run([python, "-c", script], env={**os.environ, **self.environment(HF_HUB_OFFLINE="1")},
                                capture_output=True, text=True)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        folder, config, repositories, warnings = json.loads(answer.stdout)
        self.assertEqual(pathlib.Path(folder), self.folder() / "snapshots" / COMMIT)
        self.assertEqual(pathlib.Path(config).read_bytes(), b"{}")
        self.assertEqual((repositories, warnings), (["org/model"], 0))
