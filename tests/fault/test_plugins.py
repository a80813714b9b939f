"""Plugin files that are broken, foreign or faulty: one clear line each, never a crash, finished work kept."""

import hashlib
import json
import os
import shutil
import struct

from workspace import BUILD, FIXTURES, SOURCE, Workspace

TEMPLATE = BUILD / "lib/pictor/plugins/template.pictor.so"
TINY = SOURCE / "tests/reference/tiny-sd15"


class PluginFiles(Workspace):
    def setUp(self):
        super().setUp()
        self.write("prompts.txt", "a fox\nan owl\n")

    def plugins(self, folder):
        result = self.pictor("plugins", env={"PICTOR_PLUGIN_PATH": str(folder)})
        self.assertEqual(result.code, 0, result.err)
        return result.out + result.err

    def test_files_that_are_no_plugins_are_reported_and_the_rest_listed(self):
        folder = self.dir / "plugins"
        self.write("plugins/empty.pictor.so", b"")
        self.write("plugins/text.pictor.so", "#!/bin/sh\n")
        self.write("plugins/cut.pictor.so", TEMPLATE.read_bytes()[:5000])
        shutil.copy("/bin/true", folder / "foreign.pictor.so")
        (folder / "folder.pictor.so").mkdir()
        (folder / "dangling.pictor.so").symlink_to("/nowhere")
        shutil.copy(TEMPLATE, folder / "template.pictor.so")
        text = self.plugins(folder)
        for name in ("empty", "text", "cut", "foreign", "dangling", "template"):
            self.assertIn(name, text)

    def test_info_tells_what_a_file_is_without_loading_it(self):
        plugin = FIXTURES / "bad/missing-library.pictor.so"  # which cannot be loaded
        result = self.pictor("plugins", "info", plugin, "--json")
        self.assertEqual(result.code, 0, result.err)
        told = json.loads(result.out)
        self.assertEqual(told["sha256"], hashlib.sha256(plugin.read_bytes()).hexdigest())
        self.assertEqual(told["manifest"]["id"], "missing-library")
        self.assertEqual(told["exports"], ["pictor_plugin_v1"])
        self.assertIn("libleft_at_home.so", told["needs"])
        self.assertRegex(told["versions"]["GLIBC"], r"^2(\.\d+)+$")
        self.assert_fails(self.pictor("plugins", "info", plugin, "--models"), 7, "libleft_at_home.so")

    def test_info_of_a_file_that_is_no_plugin_says_so_and_what_there_is(self):
        text = self.write("text.so", "#!/bin/sh\n")
        result = self.pictor("plugins", "info", text)
        self.assert_fails(result, 7, "not usable", "is not an ELF file")
        self.assertIn(hashlib.sha256(text.read_bytes()).hexdigest(), result.out)
        result = self.pictor("plugins", "info", FIXTURES / "no-note.pictor.so", "--json")
        self.assertEqual((result.code, json.loads(result.out)["manifest"]), (7, None))

    def job_with_own_template(self, pins=""):
        """A job whose template plugin is a copy of its own, and that copy."""
        (self.dir / "plugins").mkdir(exist_ok=True)
        copy = self.dir / "plugins/template.pictor.so"
        shutil.copy(TEMPLATE, copy)
        self.write("job.yaml", f"pictor: 1\nplugins: {{paths: [./plugins]{pins}}}\nmodels: {{t: {{plugin: template}}}}\n"
                               "job: {prompts: prompts.txt, output: {dir: out}}\n")
        return copy

    def test_a_plugin_that_anybody_may_change_is_not_loaded(self):
        copy = self.job_with_own_template()
        copy.chmod(0o666)
        self.assert_fails(self.pictor("run", "job.yaml"), 7, "every user of this machine may change it", f"chmod o-w {copy}")
        copy.chmod(0o644)
        copy.parent.chmod(0o777)
        self.assert_fails(self.pictor("run", "job.yaml"), 7, f"may change {copy.parent}")
        copy.parent.chmod(0o1777)  # each file its owner's, as in /tmp
        self.assertEqual(self.pictor("run", "job.yaml").code, 0)

    def test_a_pinned_plugin_is_that_file_or_none(self):
        own = hashlib.sha256(TEMPLATE.read_bytes()).hexdigest()
        self.job_with_own_template(f", sha256: {{template: {own.upper()}}}")
        self.assertEqual(self.pictor("run", "job.yaml").code, 0)
        self.job_with_own_template(f", sha256: {{template: {'0' * 64}}}")
        self.assert_fails(self.pictor("run", "job.yaml"), 7, own, "plugins.sha256.template asks for 0000")
        self.job_with_own_template(", sha256: {template: 12ab}")
        self.assert_fails(self.pictor("run", "job.yaml"), 2, "job.yaml:2:", "a SHA-256 has 64 hex digits")
        self.job_with_own_template(f", sha256: {{tempalte: {own}}}")
        self.assert_fails(self.pictor("run", "job.yaml"), 2, "there is no plugin 'tempalte'")
        self.job_with_own_template(", sha256: [1]")
        self.assert_fails(self.pictor("run", "job.yaml"), 2, "a map from plugin ids to hashes")

    def test_of_two_plugins_with_one_id_the_first_wins_and_the_second_is_reported(self):
        for name in ("one", "two"):
            (self.dir / name).mkdir()
            shutil.copy(TEMPLATE, self.dir / name / "template.pictor.so")
        text = self.plugins(f"{self.dir}/one:{self.dir}/two")
        self.assertIn(str(self.dir / "two/template.pictor.so"), text)
        self.assertIn("template", text)

    def run_fixture(self, name, code, *texts):
        shutil.rmtree(self.dir / "out", ignore_errors=True)
        self.job(plugin=str(FIXTURES / f"{name}.pictor.so"))
        result = self.run_job()
        self.assert_fails(result, code, *texts)
        return result

    def test_a_plugin_of_another_major_or_a_newer_host(self):
        self.run_fixture("wrong-major", 7, "ABI 2.0")
        self.run_fixture("hidden-major", 7, "pictor_plugin_v2")
        self.run_fixture("too-new", 7, "99")

    def test_a_plugin_whose_init_fails_says_why(self):
        self.run_fixture("init-fails", 7)

    def test_a_plugin_that_throws(self):
        self.run_fixture("throws", 3)
        self.assertEqual(self.outcomes(), {"internal": 2})

    def test_the_lies_of_a_plugin_are_refused_and_its_honest_picture_kept(self):
        self.write("prompts.txt", "a fox\n")
        self.run_fixture("lies-about-size", 0)
        self.assertEqual(self.outcomes(), {"ok": 1})

    def test_a_plugin_that_ends_requests_twice_or_not_at_all(self):
        self.run_fixture("two-terminals", 0)
        self.assertEqual(self.outcomes(), {"ok": 2})
        self.run_fixture("no-terminal", 0)  # what was handed over is kept
        self.assertEqual(self.outcomes(), {"ok": 2})


class Weights(Workspace):
    """Model folders that are damaged: the file, the key, what was expected and found."""

    def setUp(self):
        super().setUp()
        if not (BUILD / "lib/pictor/plugins/diffusion.pictor.so").exists():
            self.skipTest("built without the diffusion plugin")
        self.write("prompts.txt", "a fox\n")
        shutil.copytree(TINY, self.dir / "model", ignore=shutil.ignore_patterns("reference"))
        self.weights = self.dir / "model/unet/diffusion_pytorch_model.safetensors"
        self.job(plugin="diffusion", load="model: ./model", kwargs="num_inference_steps: 2, width: 64, height: 64")

    def check(self, *texts):
        shutil.rmtree(self.dir / "out", ignore_errors=True)
        result = self.run_job()
        self.assertIn(result.code, (2, 3), result.err)
        for text in texts:
            self.assertIn(text, result.err)

    def test_the_whole_model_draws(self):
        result = self.run_job()
        self.assertEqual(result.code, 0, result.err)

    def test_a_truncated_file(self):
        data = self.weights.read_bytes()
        self.weights.write_bytes(data[: len(data) // 2])
        self.check("diffusion_pytorch_model.safetensors")

    def test_a_header_of_2_to_the_60_bytes(self):
        self.weights.write_bytes(struct.pack("<Q", 2**60) + b"{}")
        self.check("diffusion_pytorch_model.safetensors", "header")

    def test_a_config_whose_shapes_do_not_fit_the_weights(self):
        config = self.dir / "model/unet/config.json"
        config.write_text(config.read_text().replace('"cross_attention_dim": 32', '"cross_attention_dim": 48'))
        self.assertIn("48", config.read_text())
        self.check("diffusion_pytorch_model.safetensors", "48")

    def test_a_missing_file(self):
        (self.dir / "model/vae/config.json").unlink()
        self.check("vae/config.json")

    def test_pickled_weights_are_refused_with_the_reason(self):
        os.rename(self.weights, self.weights.with_suffix(".bin"))
        self.check("diffusion_pytorch_model", "pickle")
