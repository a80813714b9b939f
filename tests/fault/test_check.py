"""`pictor plugins check`: every check is failed by a plugin that breaks its rule, and by that plugin it alone."""

import json
import platform
import re
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

from workspace import BUILD, FIXTURES, Workspace

TEMPLATE = BUILD / "lib/pictor/plugins/template.pictor.so"
BAD = FIXTURES / "bad"
CLIENTS = TEMPLATE.with_name("openai.pictor.so").exists()

# A client of a provider that breaks draw.provider: what it is told.
CLIENTS_MISTAKES = {
    "asks-again": "503: it asks 2 times",
    "blames-server": "429 for want of quota: it says UNAVAILABLE",
    "forgets-wait": "429 with Retry-After as a date: retry_after_ms is -1",
    "gives-up-early": "503: it says RETRY_NEVER of what passes",
    "guesses-picture": "a picture in broken base64: it takes that for a success",
    "other-status": "404: http_status is 418",
    "speechless": "500: the request gets no end",
    "takes-it-all": "a body of 1 GiB: it takes the whole of it",
    "unread-status": "401: it takes that for a success",
    "waits-for-drips": "a body that drips: it goes on when it is cancelled",
}
# Plugin file without its suffix: the check that it fails, and how. All other checks must not fail.
MUTANTS = {
    BAD / "missing-library": ("elf.fits", "fail"),
    BAD / "exports-more": ("elf.exports", "fail"),
    FIXTURES / "undefined-symbol": ("elf.undefined", "fail"),
    FIXTURES / "no-note": ("elf.manifest", "fail"),
    FIXTURES / "two-ids": ("elf.manifest", "fail"),
    BAD / "rewritten-code": ("elf.hardening", "fail"),
    FIXTURES / "small-table": ("load.table", "fail"),
    FIXTURES / "null-function": ("load.table", "fail"),
    BAD / "every-extension": ("load.extensions", "fail"),
    FIXTURES / "changes-process": ("load.process-state", "fail"),
    BAD / "prints": ("load.silent", "fail"),
    BAD / "reads-beyond-host": ("load.host-end", "crash"),
    BAD / "exact-host": ("load.host-grown", "fail"),
    BAD / "feature-twice": ("metadata.texts", "fail"),
    BAD / "any-model": ("metadata.edges", "fail"),
    BAD / "label-after-init": ("metadata.stable", "fail"),
    FIXTURES / "bad-spec": ("metadata.specs", "fail"),
    BAD / "opens-in-create": ("life.create", "fail"),
    BAD / "loads-once": ("life.order", "fail"),
    BAD / "one-thread": ("life.threads", "fail"),
    BAD / "cancels-nothing": ("life.cancel", "crash"),
    BAD / "refuses-wordless": ("life.refusals", "fail"),
    BAD / "logs-secret": ("life.secrets", "fail"),
    BAD / "label-until-deinit": ("life.deinit", "fail"),
    BAD / "dies-at-exit": ("life.exit", "crash"),
    BAD / "one-size": ("draw.picture", "fail"),
    FIXTURES / "two-terminals": ("draw.terminal", "fail"),
    FIXTURES / "no-terminal": ("draw.terminal", "fail"),
    BAD / "outside-buffer": ("draw.pixels", "fail"),
    BAD / "one-buffer": ("draw.pixels", "fail"),
    BAD / "forgets-seed": ("draw.seeds", "fail"),
    BAD / "first-seed": ("draw.seeds", "fail"),
    BAD / "percent": ("draw.progress", "fail"),
    BAD / "cancelled-is-broken": ("draw.cancel", "fail"),
    BAD / "wants-words": ("draw.prompts", "fail"),
    BAD / "fears-the-limit": ("draw.extremes", "fail"),
    BAD / "reads-beyond-request": ("draw.request-end", "crash"),
    BAD / "exact-request": ("draw.request-grown", "fail"),
    BAD / "first-of-batch": ("draw.batch", "fail"),
    BAD / "trusts-malloc": ("draw.memory", "crash"),
    BAD / "blames-itself": ("draw.memory", "fail"),
    BAD / "never-recovers": ("draw.memory", "fail"),
    **{BAD / name: ("draw.provider", "fail") for name in CLIENTS_MISTAKES},
}
# What is only warned about.
WARNED = {
    BAD / "wants-newer": ("elf.baseline", "it wants GLIBC_2.99"),
    BAD / "brings-math": ("elf.fits", "it gets pictor's libm.so.6"),
    BAD / "gives-up": ("draw.memory", "a request without its allocation 1 ends the process"),
}
# The plugin that goes on for ever, in its one check.
HANGS = (BAD / "insists", "draw.refused-picture")

# What an honest plugin leaves out: there is nothing of the kind in it.
GOOD = {
    TEMPLATE: {"life.secrets", "draw.batch", "draw.provider"},
    FIXTURES / "minimal": {"life.secrets", "draw.memory", "draw.provider"},
    FIXTURES / "async": {"life.secrets", "life.refusals", "draw.extremes", "draw.provider"},
    FIXTURES / "echo": {"draw.provider"},
    FIXTURES / "asks": {"life.secrets", "life.refusals", "draw.extremes", "draw.memory"},
}


class Check(Workspace):
    def file(self, plugin):
        return plugin if plugin.suffix == ".so" else plugin.with_name(plugin.name + ".pictor.so")

    def check(self, plugin, *arguments):
        """{check: its result} and the exit code."""
        result = self.pictor("plugins", "check", self.file(plugin), "--json", *arguments)
        self.assertIn(result.code, (0, 7), result.err)
        return {each["check"]: each for each in json.loads(result.out)["checks"]}, result.code

    def ids(self):
        listed = self.pictor("plugins", "check", "--list")
        return re.findall(r"^(\S+)$", listed.out, re.MULTILINE)

    def test_every_check_has_a_plugin_that_fails_it(self):
        self.assertEqual(set(self.ids()), {check for check, _ in (*MUTANTS.values(), *WARNED.values())} | {HANGS[1]})

    def test_each_mutant_fails_its_check_and_no_other(self):
        for plugin, (wanted, verdict) in MUTANTS.items():
            with self.subTest(plugin=plugin.name):
                results, code = self.check(plugin)
                broken = {id: each["verdict"] for id, each in results.items()
                          if each["verdict"] in ("fail", "crash", "hang")}
                self.assertEqual(broken, {wanted: verdict}, results)
                self.assertEqual(code, 7)
                self.assertTrue(results[wanted]["findings"] or results[wanted]["last_call"], results[wanted])
                self.assertIn(CLIENTS_MISTAKES.get(plugin.name, ""), "\n".join(results[wanted]["findings"]))

    def test_what_is_only_bad_elsewhere_is_a_warning(self):
        for plugin, (wanted, words) in WARNED.items():
            results, code = self.check(plugin)
            self.assertEqual(results[wanted]["verdict"], "warn", results)
            self.assertIn(words, results[wanted]["findings"][0])
            self.assertEqual(code, 0, results)

    def test_a_check_that_hangs_is_ended_and_named(self):
        plugin, hanging = HANGS
        results, code = self.check(plugin, "--only", ",".join(id for id in self.ids() if id != hanging))
        self.assertEqual(code, 0, results)
        results, code = self.check(plugin, "--only", hanging, "--timeout", "5")
        self.assertEqual((results[hanging]["verdict"], code), ("hang", 7), results)
        self.assertIn("job_image", results[hanging]["last_call"])

    def test_an_answer_that_never_comes_is_no_hang_of_the_check(self):
        results, code = self.check(FIXTURES / "never-answers", "--only", "draw.terminal,draw.seeds", "--timeout", "10")
        self.assertEqual({id: each["verdict"] for id, each in results.items()},
                         {"draw.terminal": "fail", "draw.seeds": "skip"}, results)
        self.assertIn("1 of 1 requests got no end", results["draw.terminal"]["findings"])

    def test_honest_plugins_pass(self):
        for plugin, skipped in GOOD.items():
            with self.subTest(plugin=plugin.name):
                results, code = self.check(plugin)
                self.assertEqual({id for id, each in results.items() if each["verdict"] == "skip"}, skipped, results)
                self.assertEqual({each["verdict"] for each in results.values()} - {"skip", "warn"}, {"pass"}, results)
                self.assertEqual(code, 0)

    @unittest.skipUnless(CLIENTS, "the plugins that speak HTTP are not built")
    def test_the_clients_of_providers_keep_to_their_answers(self):
        for name, model in (("openai", "gpt-image-1"), ("huggingface", "owner/name")):
            plugin = TEMPLATE.with_name(f"{name}.pictor.so")
            results, _ = self.check(plugin, "--only", "draw.provider", "--param", f"model={model}")
            self.assertEqual(results["draw.provider"]["verdict"], "pass", results)

    @unittest.skipUnless(CLIENTS, "the plugins that speak HTTP are not built")
    def test_a_provider_that_is_not_asked_is_no_finding(self):
        results, _ = self.check(TEMPLATE.with_name("openai.pictor.so"), "--only", "draw.provider",
                                "--param", "custom_headers=NOWHERE", "--param", "model=gpt-image-1")
        self.assertEqual(results["draw.provider"]["verdict"], "skip", results)
        self.assertIn("it does not ask the server", results["draw.provider"]["reason"])

    def test_the_template_passes_without_a_warning(self):
        results, _ = self.check(TEMPLATE)
        if tuple(map(int, platform.libc_ver()[1].split("."))) > (2, 36):  # built on a newer system, for it
            results.pop("elf.baseline")
        self.assertEqual({each["verdict"] for each in results.values()}, {"pass", "skip"}, results)


@unittest.skipUnless((BAD / "leaks-watched.pictor.so").exists(), "built by a compiler, or with flags, that do not fit")
class Sanitized(Workspace):
    """A plugin that was built with -fsanitize=address,undefined, in a program that was not."""

    def broken(self, name, *arguments):
        plugin = BAD / f"{name}.pictor.so"
        libraries = subprocess.run(["ldd", plugin], check=True, capture_output=True, text=True).stdout
        runtime = re.search(r"libasan\.so\.\d+ => (\S+)", libraries).group(1)
        environment = {"LD_PRELOAD": runtime, "PICTOR_ALLOW_CORE": "1"}
        result = self.pictor("plugins", "check", plugin, "--json", *arguments, env=environment)
        results = {each["check"]: each for each in json.loads(result.out)["checks"]}
        return {id: each for id, each in results.items() if each["verdict"] in ("fail", "crash", "hang")}

    def test_a_tidy_one_passes(self):
        self.assertEqual(self.broken("tidy-watched"), {})

    def test_a_leak_is_found_where_the_process_ends(self):
        broken = self.broken("leaks-watched")
        self.assertEqual(set(broken), {"life.exit"}, broken)
        self.assertIn("LeakSanitizer", broken["life.exit"]["output"])
        self.assertIn("64 byte(s) leaked", broken["life.exit"]["output"])

    def test_nobody_sees_it_otherwise(self):
        result = self.pictor("plugins", "check", BAD / "leaks.pictor.so")
        self.assertEqual(result.code, 0, result.out)


class Reports(Workspace):
    def test_for_people(self):
        result = self.pictor("plugins", "check", BAD / "prints.pictor.so", "--only", "load.silent,elf.exports")
        self.assertEqual(result.code, 7)
        self.assertRegex(result.out, r"(?m)^pass   elf\.exports$")
        self.assertRegex(result.out, r"(?m)^fail   load\.silent$")
        self.assertIn("loading weights", result.out)
        self.assertIn("2 checks: 1 passed, 0 warned, 1 failed, 0 skipped", result.out)

    def test_junit(self):
        result = self.pictor("plugins", "check", BAD / "cancels-nothing.pictor.so", "--junit")
        suite = ElementTree.fromstring(result.out)
        self.assertEqual((suite.get("errors"), suite.get("failures")), ("1", "0"))
        broken = [case.get("name") for case in suite.iter("testcase") if case.find("error") is not None]
        self.assertEqual(broken, ["life.cancel"])
        self.assertIn("cancel before load", suite.find(".//error").get("message"))

    def test_a_file_that_is_no_plugin(self):
        result = self.pictor("plugins", "check", self.write("text.pictor.so", "#!/bin/sh\n"))
        self.assertEqual(result.code, 7)
        self.assertIn("is not an ELF file", result.out)

    def test_mistakes_on_the_command_line(self):
        for arguments, code, text in ((["/nowhere.so"], 7, "there is no plugin file /nowhere.so"),
                                      (["nobody"], 7, "there is no plugin 'nobody'"),
                                      ([TEMPLATE, "--only", "elf.nothing"], 2, "there is no check 'elf.nothing'"),
                                      ([TEMPLATE, "--param", "width"], 2, "NAME=VALUE"), ([], 2, "PLUGIN")):
            self.assert_fails(self.pictor("plugins", "check", *arguments), code, text)

    def test_a_project_leaves_a_check_out_with_its_reason(self):
        arguments = ["plugins", "check", BAD / "prints.pictor.so", "--only", "load.silent,elf.exports"]
        self.write("pictor-check.yaml", 'exclude: {load.silent: "prints its licence"}\n')
        result = self.pictor(*arguments)
        self.assertEqual(result.code, 0, result.out)
        self.assertIn("left out: prints its licence", result.out)
        for text, says in (("exclude: {load.silnet: x}", "did you mean 'load.silent'"), ("exclude: {load.silent: }", "without a reason"),
                           ("exclude: [load.silent]", "the map 'exclude'"), ("[]", "no file of exclusions")):
            self.write("mine.yaml", text)
            self.assert_fails(self.pictor(*arguments, "--exclusions", "mine.yaml"), 2, "mine.yaml:1:", says)

    def test_a_parameter_that_is_missing_or_wrong_is_named(self):
        parking = FIXTURES / "parking.pictor.so"
        result = self.pictor("plugins", "check", parking, "--only", "life.create")
        self.assertEqual(result.code, 0, result.out)
        self.assertIn("--param folder=", result.out)
        for parameter, text in (("wanted=many", "wanted must be"), ("depth=3", "--param depth: it has no such parameter")):
            result = self.pictor("plugins", "check", parking, "--only", "life.create", "--param", f"folder={self.dir}",
                                 "--param", parameter)
            self.assert_fails(result, 2, text)
        result = self.pictor("plugins", "check", parking, "--only", "life.create", "--param", f"folder={self.dir}")
        self.assertIn("1 passed", result.out)

    def test_a_model_that_bills_does_not_draw_unless_it_may(self):
        billed = FIXTURES / "billed.pictor.so"
        result = self.pictor("plugins", "check", billed, "--only", "draw.picture")
        self.assertIn("--billed", result.out)
        result = self.pictor("plugins", "check", billed, "--only", "draw.picture", "--billed")
        self.assertNotIn("--billed", result.out)
