"""`pictor plugins fuzz`: what passes every check and fails at some order of calls is found, made small, and played again."""

import json

from workspace import BUILD, FIXTURES, Workspace

TEMPLATE = BUILD / "lib/pictor/plugins/template.pictor.so"
BAD = FIXTURES / "bad"

# Plugin: how it fails, a word of the finding, and how many calls are enough to show it.
MUTANTS = {
    "shared-weights": ("crash", "generate", 6),
    "ends-in-cancel": ("fail", "ended", 4),
    "waits-for-cancelled": ("hang", "generate", 5),
    "opens-in-load": ("fail", "descriptors", 3),
    "remembers-prompt": ("fail", "another picture", 6),
}
HONEST = (TEMPLATE, FIXTURES / "minimal.pictor.so", FIXTURES / "echo.pictor.so", FIXTURES / "async.pictor.so")


class Fuzz(Workspace):
    def fuzz(self, plugin, *arguments):
        """What it says as JSON, and the exit code."""
        result = self.pictor("plugins", "fuzz", plugin, "--json", *arguments)
        self.assertIn(result.code, (0, 7), result.err)
        return json.loads(result.out), result.code

    def test_mutants_pass_all_checks(self):
        for name in MUTANTS:
            result = self.pictor("plugins", "check", BAD / f"{name}.pictor.so")
            self.assertEqual(result.code, 0, result.out)

    def test_each_mutant_is_found_and_shown_by_a_few_calls(self):
        for name, (verdict, words, most) in MUTANTS.items():
            with self.subTest(plugin=name):
                plugin = BAD / f"{name}.pictor.so"
                told, code = self.fuzz(plugin, "--seed", "1", "--runs", "300", "--timeout", "4")
                failed = told["failed"]
                self.assertEqual((failed["verdict"], code), (verdict, 7), failed)
                self.assertIn(words, failed["finding"])
                self.assertTrue(failed["reproduced"], failed)
                steps = json.loads((self.dir / failed["script"]).read_text())["steps"]
                self.assertEqual(len(steps), failed["steps"])
                self.assertLessEqual(len(steps), most, steps)
                self.assertLess(len(steps), failed["drawn_steps"])
                again, code = self.fuzz(plugin, "--script", failed["script"], "--timeout", "5")
                self.assertEqual((again["failed"]["verdict"], code), (verdict, 7), again)
                self.assertIn(words, again["failed"]["finding"])

    def test_honest_plugins_pass(self):
        for plugin in HONEST:
            with self.subTest(plugin=plugin.name):
                told, code = self.fuzz(plugin, "--seed", "7", "--runs", "25", "--jobs", "2")
                self.assertEqual((told["failed"], told["chunks"], code), (None, 25, 0))

    def test_a_seed_is_a_script(self):
        plugin = BAD / "opens-in-load.pictor.so"
        first, _ = self.fuzz(plugin, "--seed", "1", "--runs", "50")
        text = (self.dir / first["failed"]["script"]).read_text()
        again, code = self.fuzz(plugin, "--reproduce", first["failed"]["seed"])
        self.assertEqual((again["chunks"], again["failed"]["seed"], code), (1, first["failed"]["seed"], 7))
        self.assertEqual((self.dir / again["failed"]["script"]).read_text(), text)

    def test_a_script_that_passes_says_so(self):
        script = self.write("script.json", json.dumps({"pictor_fuzz": 1, "steps": [
            {"call": "draw", "requests": [{"prompt": "before any model", "seeds": [1]}]},
            {"call": "create", "model": "template"}, {"call": "load"},
            {"call": "draw", "requests": [{"prompt": "a fox", "times": 100, "seeds": [1, 2]}], "waits": False},
            {"call": "cancel"}, {"call": "destroy"}]}))
        result = self.pictor("plugins", "fuzz", TEMPLATE, "--script", script)
        self.assertEqual((result.code, result.out), (0, "6 calls, played twice: passed\n"), result.err)

    def test_for_people(self):
        result = self.pictor("plugins", "fuzz", BAD / "opens-in-load.pictor.so", "--seed", "1", "--runs", "50")
        self.assertEqual(result.code, 7)
        self.assertRegex(result.out, r"(?m)^fail   growth: .* descriptors")
        self.assertRegex(result.out, r"script: \./fuzz-opens-in-load-[0-9a-f]{16}\.json \(\d+ of \d+ calls\)")
        self.assertRegex(result.out, r"again: pictor plugins fuzz \S+ --script \./fuzz-opens-in-load-")

    def test_mistakes_on_the_command_line(self):
        broken = self.write("broken.json", '{"pictor_fuzz": 1, "steps": [{"call": "creat"}]}')
        for arguments, code, text in ((["/nowhere.so"], 7, "there is no plugin file /nowhere.so"),
                                      ([TEMPLATE, "--seed", "fox"], 2, "--seed fox is not up to 16 hex digits"),
                                      ([TEMPLATE, "--script", broken], 2, "step 1: there is no call 'creat'"),
                                      ([TEMPLATE, "--script", "none.json"], 2, "none.json"),
                                      ([FIXTURES / "parking.pictor.so", "--runs", "1"], 2, "--param folder="),
                                      ([TEMPLATE, "--param", "depth=3", "--runs", "1"], 2, "no such parameter"), ([], 2, "PLUGIN")):
            self.assert_fails(self.pictor("plugins", "fuzz", *arguments), code, text)
