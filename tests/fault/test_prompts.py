"""Prompt files as users really have them."""

import errno
import gzip
import json
import os
import subprocess
import zlib

from workspace import SHIM, Workspace


class PromptFiles(Workspace):
    def test_a_missing_file_is_named(self):
        self.job("nowhere.txt")
        self.assert_fails(self.run_job(), 2, "nowhere.txt")

    def test_an_unreadable_file_is_named(self):
        self.write("prompts.txt", "a fox\n").chmod(0)
        self.job()
        self.as_nobody_fails(2, "prompts.txt", "ermission denied")

    def as_nobody_fails(self, code, *texts):
        """Root ignores permissions: such cases run as an unprivileged child of an installed pictor."""
        prefix = self.dir / "prefix"
        subprocess.run(["cmake", "--install", os.environ["PICTOR_BUILD"], "--prefix", prefix], check=True,
                       capture_output=True)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        self.dir.chmod(0o777)
        result = self.pictor("run", "job.yaml", program=prefix / "bin/pictor", env={"HOME": str(self.dir)}, **nobody)
        self.assert_fails(result, code, *texts)
        return result

    def test_a_folder_that_may_not_be_written_is_named(self):
        self.write("prompts.txt", "a fox\n")
        self.job()
        (self.dir / "out").mkdir(mode=0o555)
        result = self.as_nobody_fails(2, "out")
        self.assertIn("ermission denied", result.err)

    def test_an_empty_file_has_no_prompt(self):
        for name, content in [("e.txt", ""), ("b.txt", "\n \n\n"), ("e.jsonl", ""), ("e.csv", ""), ("h.csv", "prompt\n")]:
            with self.subTest(name):
                self.write(name, content)
                self.job(name)
                self.assert_fails(self.run_job(), 2, name)

    def test_a_prompt_of_200000_characters_is_drawn(self):
        self.write("prompts.txt", "fox " * 50000 + "\n")
        self.job()
        result = self.run_job()
        self.assertEqual(result.code, 0, result.err)
        line = json.loads((self.dir / "out/train/metadata.jsonl").read_text())
        self.assertGreaterEqual(len(line["text"]), 199999)

    def test_bad_rows_are_listed_and_the_rest_is_drawn(self):
        cases = {
            "invalid UTF-8": b'{"prompt": "a fox"}\n{"prompt": "\xff\xfe"}\n',
            "NUL": b'{"prompt": "a fox"}\n{"prompt": "a\\u0000b"}\n',
            "no JSON": b'{"prompt": "a fox"}\n{"prompt": \n',
            "no prompt": b'{"prompt": "a fox"}\n{"note": "nothing"}\n',
            "out of bounds": b'{"prompt": "a fox"}\n{"prompt": "an owl", "width": 99999}\n',
        }
        for name, content in cases.items():
            with self.subTest(name):
                self.write("rows.jsonl", content)
                self.job("rows.jsonl")
                subprocess.run(["rm", "-rf", self.dir / "out"], check=True)
                self.assert_fails(self.run_job(), 3, "rows.jsonl", "2")
                self.assertEqual(self.outcomes(), {"ok": 1, "invalid": 1})
                subprocess.run(["rm", "-rf", self.dir / "out"], check=True)
                self.assert_fails(self.run_job("--strict"), 2, "2")
                self.assertFalse((self.dir / "out/train").exists())

    def test_a_broken_quote_in_a_csv_is_located(self):
        self.write("rows.csv", 'prompt,note\n"a fox,1\nan owl,2\n')
        self.job("rows.csv")
        self.assert_fails(self.run_job(), 2, "rows.csv", "2", "quote")

    def test_a_duplicate_id_names_both_lines(self):
        self.write("rows.jsonl", '{"id": "x", "prompt": "a"}\n{"id": "y", "prompt": "b"}\n{"id": "x", "prompt": "c"}\n')
        self.job("rows.jsonl")
        self.assert_fails(self.run_job(), 2, "'x'", "1", "3")

    def test_ids_and_prompts_never_become_paths(self):
        self.write("rows.jsonl", json.dumps({"id": "../../evil", "prompt": "../../../etc/passwd"}) + "\n")
        self.job("rows.jsonl")
        self.assertEqual(self.run_job().code, 0)
        self.assertEqual(self.pictures(), ["train/000000_0.png"])

    def test_hostile_prompts_are_data_everywhere(self):
        hostile = '\x1b[31m</script><script>alert(1)</script>\u202e"\\ ---\n# title'
        self.write("rows.jsonl", json.dumps({"prompt": hostile}) + "\n")
        self.job("rows.jsonl")
        result = self.run_job()
        self.assertEqual(result.code, 0, result.err)
        self.assertNotIn("\x1b", result.err)
        self.assertEqual(self.pictor("gallery", "out").code, 0)
        self.assertNotIn("<script>alert", (self.dir / "out/gallery.html").read_text())
        self.assertNotIn("<script>alert", (self.dir / "out/README.md").read_text())
        self.assertEqual(json.loads((self.dir / "out/train/metadata.jsonl").read_text())["text"], hostile)

    def test_prompts_come_from_stdin(self):
        self.job('"-"')
        result = self.run_job(input=b"a fox\nan owl\n")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(self.pictures()), 2)

    def test_a_gzip_file_that_is_cut_off_says_how_far_it_was_good(self):
        rows = "".join(f"a fox number {i * 7919}\n" for i in range(100000)).encode()
        self.write("rows.txt.gz", gzip.compress(rows)[:-4000])
        self.job("rows.txt.gz")
        self.assert_fails(self.run_job(), 2, "rows.txt.gz: the gzip data is cut off at byte", "lines before it are good",
                          "gzip -dc")
        self.assertFalse((self.dir / "out").exists())

    def test_a_damaged_gzip_file_is_an_error(self):
        damaged = bytearray(gzip.compress(b"a fox\n" * 1000, mtime=0))
        damaged[-6] ^= 1
        self.write("rows.txt.gz", bytes(damaged))
        self.job("rows.txt.gz")
        self.assert_fails(self.run_job(), 2, "rows.txt.gz", "damaged")

    def test_a_gzip_bomb_is_stopped(self):
        pack = zlib.compressobj(9, zlib.DEFLATED, 31)
        packed = b"".join(pack.compress(bytes(1 << 24)) for _ in range(70)) + pack.flush()
        self.write("rows.txt.gz", packed)
        self.job("rows.txt.gz")
        self.assert_fails(self.run_job(), 2, "rows.txt.gz", "unpack to more than 1073741824 bytes", "gunzip")

    def test_a_full_temporary_folder_is_named(self):
        self.write("rows.txt.gz", gzip.compress(b"a fox\n" * 100000))
        self.job("rows.txt.gz")
        (self.dir / "tmp").mkdir()
        fault = {"LD_PRELOAD": str(SHIM), "PICTOR_FAULT_DIR": str(self.dir / "tmp"), "PICTOR_FAULT_CALLS": "write",
                 "PICTOR_FAULT_ERRNO": str(errno.ENOSPC), "TMPDIR": str(self.dir / "tmp")}
        self.assert_fails(self.run_job(env=fault), 1, "cannot copy prompts to", "No space left")

    def test_gzip_comes_through_a_pipe(self):
        self.job('"-"')
        result = self.run_job(input=gzip.compress(b'{"prompt": "a fox"}\r\n') + gzip.compress(b'"an owl"\n'))
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(self.pictures()), 2)

    def test_a_brace_that_is_never_closed_is_a_bad_row(self):
        self.write("rows.txt", "a {red|blue} fox\nan {owl|elk\n")
        self.job("rows.txt", job="variants: all")
        self.assert_fails(self.run_job(), 3, "rows.txt:2: prompt: the '{' is never closed", "(byte 4)")
        self.assertEqual(self.outcomes(), {"ok": 2, "invalid": 1})

    def test_a_missing_wildcard_is_a_bad_row_with_the_nearest_name(self):
        self.write("w/colour.txt", "red\nblue\n")
        self.write("rows.txt", "a __colour__ fox\na __colur__ owl\n__../rows__\n")
        self.job("rows.txt", job="variants: all\nwildcards: w")
        self.assert_fails(self.run_job(), 3, "rows.txt:2", "there is no colur.txt", "did you mean 'colour'?",
                          "rows.txt:3", "leads out of")
        self.assertEqual(self.outcomes(), {"ok": 2, "invalid": 2})

    def test_options_added_later_draw_only_what_is_new(self):
        self.write("rows.txt", "a {red|blue} fox\n")
        self.job("rows.txt", job="variants: all")
        self.assertEqual(self.run_job().code, 0)
        before = {p: (self.dir / "out" / p).read_bytes() for p in self.pictures()}
        self.write("rows.txt", "a {green|red|blue} fox\n")
        self.assertEqual(self.run_job().code, 0)
        self.assertEqual(len(self.pictures()), 3)
        self.assertEqual({p: (self.dir / "out" / p).read_bytes() for p in before}, before)

    def test_several_pictures_of_a_row_reach_the_model(self):
        png = b"\x89PNG\r\n\x1a\n"
        for name, size in [("in/a.png", 10), ("in/b.png", 20), ("c.png", 30)]:
            self.write(name, png + bytes(size - len(png)))
        self.write("in/rows.csv", "id,prompt,images\n1,a fox,a.png; b.png\n2,an owl,\n3,an elk,none.png\n")
        self.job("in/rows.csv", plugin="echo", kwargs="images: c.png", load="api_key: ${KEY}")
        result = self.run_job(env={"KEY": "x"})
        self.assert_fails(result, 3, "in/rows.csv:4: images: ", "none.png: No such file")
        self.assertEqual(self.outcomes(), {"ok": 2, "invalid": 1})
        self.assertEqual(self.image_sizes(), [[10, 20], [30]])
        # The resolved job names them for another folder, and the same pictures are no change.
        self.assertIn(str(self.dir / "c.png"), (self.dir / "out/job.yaml").read_text())
        self.assertIn("2 done before", self.run_job(env={"KEY": "x"}).err)

    def image_sizes(self):
        lines = (self.dir / "out/train/metadata.jsonl").read_text().splitlines()
        return [json.loads(json.loads(line)["image_sizes"]) for line in lines]

    def test_an_explosion_is_refused_before_it_takes_place(self):
        self.write("rows.txt", "{0|1|2|3|4|5|6|7|8|9}" * 40 + "\n")
        self.job("rows.txt", job="variants: all")
        self.assert_fails(self.run_job(), 2, "more than 10000000", "line 1", "draws")
