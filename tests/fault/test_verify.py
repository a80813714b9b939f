"""Datasets that were damaged by hand: each fault is named with its file, and repaired as far as that goes."""

import json
import re
import shutil
import unittest

from workspace import Workspace

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    text_string_to_metric_families = None


class Verify(Workspace):
    def setUp(self):
        super().setUp()
        self.write("prompts.jsonl", "".join(json.dumps({"prompt": f"fox {i}", "id": f"fox-{i}"}) + "\n" for i in range(6)))
        self.job("prompts.jsonl", kwargs="width: 32, height: 32")
        result = self.run_job()
        self.assertEqual(result.code, 0, result.err)
        self.train = self.dir / "out/train"

    def verify(self, *arguments, code):
        result = self.pictor("verify", "out", "--format", "json", *arguments)
        self.assertEqual(result.code, code, result.out + result.err)
        return json.loads(result.out)

    def check_found(self, kinds, *arguments, code=3):
        report = self.verify(*arguments, code=code)
        self.assertEqual(report["counts"], kinds, report["findings"])
        return report

    def repair_and_run(self):
        report = self.verify("--repair", code=3)
        result = self.run_job()
        self.assertEqual(result.code, 0, result.err)
        self.check_found({}, code=0)
        return report["repair"]

    def test_a_whole_dataset(self):
        report = self.check_found({}, code=0)
        self.assertTrue(report["whole"])
        self.assertEqual(report["pictures"], 6)
        self.check_found({}, "--fast", code=0)

    def test_every_flipped_bit_is_found(self):
        picture = self.train / "000002_0.png"
        good = picture.read_bytes()
        for place in range(0, len(good), 41):
            bad = bytearray(good)
            bad[place] ^= 4
            picture.write_bytes(bad)
            report = self.verify(code=3)
            self.assertEqual([f["file"] for f in report["findings"]], ["train/000002_0.png"])
        self.check_found({}, "--fast", code=0)   # sizes are right
        self.assertEqual(self.repair_and_run()["reopened"], 1)
        self.assertEqual(picture.read_bytes(), good)

    def test_a_cut_and_a_deleted_picture_are_drawn_again(self):
        cut = self.train / "000000_0.png"
        good = cut.read_bytes()
        cut.write_bytes(good[:50])
        (self.train / "000001_0.png").unlink()
        self.check_found({"broken": 1, "missing": 1})
        self.check_found({"size": 1, "missing": 1}, "--fast")
        repair = self.repair_and_run()
        self.assertEqual(repair["reopened"], 2)
        self.assertEqual(cut.read_bytes(), good)
        self.assertEqual(self.outcomes(), {"ok": 6})

    def test_another_picture_in_its_place(self):
        shutil.copy(self.train / "000001_0.png", self.train / "000000_0.png")
        report = self.verify(code=3)
        self.assertIn(report["findings"][0]["kind"], ("sha256", "size"))

    def test_metadata_that_was_edited(self):
        metadata = self.train / "metadata.jsonl"
        good = metadata.read_text()
        lines = good.splitlines(keepends=True)
        cases = {
            "cut": (good[:-30], {"metadata": 2, "no_line": 1}),
            "a line less": ("".join(lines[1:]), {"no_line": 1}),
            "a line twice": (good + lines[0], {"wrong_line": 1}),
            "another text": (good.replace("fox 3", "wolf 3"), {"wrong_line": 1}),
            "a picture that is not": (good.replace("000003_0.png", "000009_0.png"), {"no_file": 1, "no_line": 1}),
            "outside": (good.replace("000003_0.png", "../x.png"), {"metadata": 1, "no_line": 1}),
            "a type": (good.replace('"width":32', '"width":"32"', 1), {"metadata": 5}),
            "a column": (good.replace('"width":32', '"width":32,"image":1'), {"metadata": 1}),
            "a column less": (good.replace('"width":32,', "", 1), {"metadata": 5}),
            "no text": (good.replace('"text":"fox 3"', '"text":3'), {"metadata": 2, "wrong_line": 1}),
        }
        for name, (content, found) in cases.items():
            with self.subTest(name):
                metadata.write_text(content)
                self.check_found(found)
                self.verify("--repair", code=0)
                self.assertEqual(metadata.read_text(), good)
                self.check_found({}, code=0)
        metadata.unlink()
        self.check_found({"metadata": 1})

    def test_files_that_are_not_the_runs(self):
        self.write("out/train/holiday.png", b"x")
        self.write("out/train/000077_0.png", b"x")
        self.write("out/train/sub/metadata.csv", "file_name\n")
        self.write("out/train/.pictor-1-1.tmp", b"half")
        self.write("out/.pictor-1-2.tmp", b"half")
        report = self.check_found({"unknown_file": 3, "temporary_file": 2})
        said = {f["file"]: f["message"] for f in report["findings"]}
        self.assertIn("killed run", said["train/000077_0.png"])
        self.assertIn("second metadata", said["train/sub/metadata.csv"])
        repair = self.verify("--repair", code=3)["repair"]
        self.assertEqual(repair["temporary_files_removed"], 2)
        self.assertTrue((self.train / "holiday.png").exists())
        self.check_found({"unknown_file": 3})

    def test_a_missing_card_and_job(self):
        (self.dir / "out/README.md").unlink()
        (self.dir / "out/job.yaml").unlink()
        self.check_found({"missing_file": 2})
        self.assertTrue(self.repair_and_run()["needs_run"])

    def test_a_damaged_ledger_and_no_dataset(self):
        ledger = self.dir / "out/.pictor/ledger.sqlite"
        content = bytearray(ledger.read_bytes())
        content[8192:] = b"\xa5" * (len(content) - 8192)
        ledger.write_bytes(content)
        for extra in ledger.parent.glob("ledger.sqlite-*"):
            extra.unlink()
        for arguments in ([], ["--repair"]):
            result = self.pictor("verify", "out", *arguments)
            self.assertIn(result.code, (2, 3), result.err)
            self.assertIn("ledger.sqlite", result.out + result.err)
        for name in ("nowhere", "prompts.jsonl", "."):
            self.assert_fails(self.pictor("verify", name, "--repair"), 2, name)
        self.assertFalse((self.dir / "nowhere").exists())


class Retry(Workspace):
    def test_samples_are_drawn_again_and_keep_their_history(self):
        self.write("prompts.txt", "a fox\nan owl\n")
        self.job(plugin="fails")
        self.assertEqual(self.run_job().code, 3)
        before = self.status()
        kinds = [name for name, count in before["outcomes"].items() if count]
        self.assertEqual(len(kinds), 1, before)
        preview = self.pictor("retry", "out", "--status", "failed", "--dry-run", "--format", "json")
        self.assertEqual(json.loads(preview.out)["to_draw"], 2)
        self.assertEqual(self.status()["attempts"], before["attempts"])
        self.assertEqual(self.pictor("retry", "out", "--status", kinds[0], "--limit", "1").code, 3)
        after = self.status()
        self.assertEqual(after["outcomes"], before["outcomes"])
        self.assertGreater(after["attempts"], before["attempts"])

    def status(self):
        return json.loads(self.pictor("status", "out", "--format", "json").out)

    def test_a_folder_that_was_moved_is_drawn_into_where_it_is(self):
        self.write("prompts.txt", "a fox\n")
        self.job(plugin="fails")
        self.run_job()
        (self.dir / "out").rename(self.dir / "moved")
        result = self.pictor("retry", "moved", "--status", "failed")
        self.assertEqual(result.code, 3, result.err)
        self.assertFalse((self.dir / "out").exists())

    def test_mistakes_are_named(self):
        self.write("prompts.jsonl", '{"prompt": "a fox", "id": "fox"}\n{"prompt": "x", "width": "wide"}\n')
        self.job("prompts.jsonl")
        self.run_job()
        for arguments, texts in [(["faild"], ["'faild'", "'failed'"]), (["ok"], ["ok"]),
                                 (["failed", "--model", "n"], ["'n'"]), (["failed", "--row-id", "fxo"], ["'fxo'"])]:
            self.assert_fails(self.pictor("retry", "out", "--status", *arguments), 2, *texts)
        self.assert_fails(self.pictor("retry", "nowhere", "--status", "failed"), 2, "nowhere")
        self.assertIn("mend the rows", self.pictor("retry", "out", "--status", "invalid").err)
        (self.dir / "out/job.yaml").unlink()
        self.assert_fails(self.pictor("retry", "out", "--status", "failed"), 2, "job.yaml", "pictor retry JOB")
        self.assertEqual(self.pictor("retry", "job.yaml", "--status", "failed").code, 3)


class PromptFileChanges(Workspace):
    def test_removed_rows_stay_and_are_told_and_added_ones_are_drawn(self):
        rows = ['{"prompt": "a fox", "id": "fox"}\n', '{"prompt": "an owl", "id": "owl"}\n']
        self.write("prompts.jsonl", rows[0])
        self.job("prompts.jsonl")
        self.assertEqual(self.run_job().code, 0)
        self.write("prompts.jsonl", rows[1])
        result = self.run_job()
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("1 row is not in the prompt file any more", result.err)
        self.assertIn("(fox)", result.err)
        self.assertEqual(self.pictures(), ["train/000000_0.png", "train/000001_0.png"])
        self.assertEqual(len((self.dir / "out/train/metadata.jsonl").read_text().splitlines()), 2)
        report = json.loads(self.pictor("status", "out", "--format", "json").out)
        self.assertEqual(report["removed_rows"], {"count": 1, "example_row": 0, "example_id": "fox"})
        self.assertEqual(report["left"], 0)
        self.assertEqual(self.pictor("verify", "out").code, 0)
        self.write("prompts.jsonl", "".join(rows))
        self.assertNotIn("any more", self.run_job().err)


class RunFiles(Workspace):
    SAMPLE = re.compile(r'^[a-zA-Z_:][\w:]*\{(\w+="(?:[^"\\\n]|\\["\\n])*",?)+\} -?[\d.]+(e[+-]?\d+)?$')

    def test_metrics_events_and_log_tell_the_run(self):
        self.write("prompts.jsonl", '{"prompt": "a fox"}\n{"prompt": "x", "width": "wide"}\n')
        self.job("prompts.jsonl")
        result = self.run_job("-v", "--metrics", "run.prom", "--events", "events.ndjson", "--log-file", "run.log")
        self.assertEqual(result.code, 3, result.err)
        events = [json.loads(line) for line in (self.dir / "events.ndjson").read_text().splitlines()]
        self.assertEqual((events[0]["event"], events[-1]["event"]), ("start", "end"))
        self.assertEqual(result.err.count("m: loading"), 1, result.err)
        log = (self.dir / "run.log").read_text()
        for text in ("2 images wanted", "m: loading", "m: ready", "prompts.jsonl:2", "1 image made"):
            self.assertIn(text, log)
        text = (self.dir / "run.prom").read_text()
        self.check_openmetrics(text)
        self.assertIn(f'pictor_samples_total{{dir="{self.dir}/out",outcome="ok",model="m"}} 1\n', text)
        self.assertEqual([p.name for p in self.dir.glob(".pictor*")], [])

    def check_openmetrics(self, text):
        lines = text.split("\n")
        self.assertEqual(lines[-2:], ["# EOF", ""])
        self.assertEqual(text.count("# EOF"), 1)
        families, seen = [], set()
        for line in lines[:-2]:
            if line.startswith("# "):
                _, kind, name, _ = line.split(" ", 3)
                self.assertIn(kind, ("TYPE", "HELP"))
                if kind == "TYPE":
                    self.assertNotIn(name, families)
                    families.append(name)
                continue
            self.assertRegex(line, self.SAMPLE)
            name, labels = line.split("{", 1)
            self.assertIn(re.sub("_(total|sum|count)$", "", name), (families[-1],), line)
            key = name, labels.rsplit("}", 1)[0]
            self.assertNotIn(key, seen)
            seen.add(key)
        self.assertIn("pictor_stage_seconds", families)

    @unittest.skipIf(text_string_to_metric_families is None, "python3-prometheus-client is not installed")
    def test_prometheus_own_parser_reads_the_metrics(self):
        self.write("prompts.txt", "a fox\n")
        self.job()
        self.assertEqual(self.run_job("--metrics", "run.prom").code, 0)
        families = {f.name: f for f in text_string_to_metric_families((self.dir / "run.prom").read_text())}
        self.assertEqual(families["pictor_samples"].type, "counter")
        self.assertEqual(families["pictor_open"].samples[0].value, 0)

    def test_files_that_cannot_be_written_are_named_before_anything_is_drawn(self):
        self.write("prompts.txt", "a fox\n")
        self.job()
        for option in ("--metrics", "--events"):
            self.assert_fails(self.run_job(option, "nowhere/x"), 2, "nowhere/x")
            self.assertFalse((self.dir / "out").exists())
