"""Job files with the mistakes people make: each is located, none reaches a model."""

import os

from workspace import Workspace


class JobFiles(Workspace):
    def setUp(self):
        super().setUp()
        self.write("prompts.txt", "a fox\n")

    def check(self, text, *expected, code=2):
        self.write("job.yaml", text)
        self.assert_fails(self.run_job(), code, *expected)
        self.assertFalse((self.dir / "out").exists())

    def test_a_missing_or_unreadable_job(self):
        self.assert_fails(self.run_job(), 2, "job.yaml")
        (self.dir / "job.yaml").mkdir()
        self.assert_fails(self.run_job(), 2, "job.yaml")

    def test_a_misspelt_key_is_underlined_and_the_nearest_named(self):
        self.check("pictor: 1\nmodels:\n  m: {plguin: template}\njob: {prompts: prompts.txt, output: {dir: out}}\n",
                   "job.yaml:3:7", "'plguin'", "'plugin'", "^")

    def test_a_misspelt_parameter_is_located(self):
        self.check("pictor: 1\nmodels:\n  m:\n    plugin: template\n    generation_kwargs: {widht: 64}\n"
                   "job: {prompts: prompts.txt, output: {dir: out}}\n", "job.yaml:5:", "'widht'", "'width'", "^")

    def test_a_value_out_of_bounds_is_located(self):
        self.check("pictor: 1\nmodels:\n  m:\n    plugin: template\n    generation_kwargs: {width: 5000}\n"
                   "job: {prompts: prompts.txt, output: {dir: out}}\n", "job.yaml:5:", "width", "4096")

    def test_duplicate_keys(self):
        self.check("pictor: 1\nmodels:\n  m: {plugin: template}\n  m: {plugin: template}\n"
                   "job: {prompts: prompts.txt, output: {dir: out}}\n", "job.yaml:4:3", "'m'")

    def test_a_tab_is_named(self):
        self.check("pictor: 1\nmodels:\n\tm: {plugin: template}\n", "job.yaml:3", "tab")

    def test_octal_looking_and_yes_no_values(self):
        self.check("pictor: 1\nmodels: {m: {plugin: template, generation_kwargs: {width: 010}}}\n"
                   "job: {prompts: prompts.txt, output: {dir: out}}\n", "job.yaml:2:", "010", "8")
        self.check("pictor: 1\nmodels: {m: {plugin: template}}\njob: {prompts: prompts.txt, num_generations: yes, "
                   "output: {dir: out}}\n", "job.yaml:3:", "yes")

    def test_anchors_work_and_a_bomb_of_them_does_not(self):
        self.write("job.yaml", "pictor: 1\nmodels:\n  a: {plugin: template, generation_kwargs: &k {width: 32}}\n"
                   "  b: {plugin: template, generation_kwargs: *k}\n"
                   "job: {model: [a, b], prompts: prompts.txt, output: {dir: out}}\n")
        result = self.run_job()
        self.assertEqual(result.code, 0, result.err)
        bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
        self.write("job.yaml", bomb + "pictor: 1\n")
        self.assert_fails(self.run_job("--dry-run", timeout=20), 2, "job.yaml")

    def test_later_releases_keys_are_refused_not_ignored(self):
        self.check("pictor: 1\nmodels: {m: {plugin: template}}\njob:\n  prompts: prompts.txt\n  lane: batch\n"
                   "  output: {dir: out}\n", "job.yaml:5:3", "not built yet")
        self.check("pictor: 1\nmodels: {m: {plugin: template}}\njob:\n  prompts: prompts.txt\n"
                   "  output: {dir: out, thumbnails: 1}\n", "job.yaml:5:", "not built yet")

    def test_an_environment_variable_that_is_not_set(self):
        self.check("pictor: 1\nmodels: {m: {plugin: template}}\njob:\n  prompts: ${NOT_SET_ANYWHERE}\n"
                   "  output: {dir: out}\n", "job.yaml:4:", "NOT_SET_ANYWHERE")

    def test_broken_syntax_and_wrong_kinds(self):
        self.check("pictor: 1\nmodels: [\n", "job.yaml")
        self.check("", "job.yaml")
        self.check("- a list\n", "job.yaml:1:1")
        self.check("pictor: 2\nmodels: {}\n", "job.yaml:1:9")
        self.check("pictor: 1\nmodels: {m: {plugin: nobody}}\njob: {prompts: prompts.txt, output: {dir: out}}\n",
                   "nobody", code=7)

    def test_bytes_that_are_no_text(self):
        for content in (b"pictor: 1\nmodels: \xff\n", b"pictor: 1\n\x00\n", os.urandom(4096)):
            self.write("job.yaml", content)
            self.assert_fails(self.run_job(), 2, "job.yaml")

    def test_a_changed_setting_is_refused_by_name(self):
        self.job(kwargs="width: 32")
        self.assertEqual(self.run_job().code, 0)
        self.job(kwargs="width: 48")
        self.assert_fails(self.run_job(), 2, "width", "32", "48", "--overwrite")
        self.assertEqual(self.run_job("--overwrite").code, 0)
