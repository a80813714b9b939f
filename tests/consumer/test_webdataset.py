"""A finished WebDataset as a trainer reads it. Skipped where Python has neither `datasets` nor `webdataset`."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

try:
    import datasets
except ImportError:
    datasets = None
try:
    import webdataset
except ImportError:
    webdataset = None

PICTOR = pathlib.Path(os.environ["PICTOR_BUILD"]) / "bin/pictor"
ROWS = [{"prompt": "a fox", "season": "summer", "weight": 1}, {"prompt": 'a "quoted"\nowl \U0001f989', "weight": 2.5},
        {"prompt": "out of bounds", "width": 99999, "weight": 3}, {"prompt": "a dog", "weight": 4, "season": 7}]


class Layouts(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pictor-webdataset-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        (self.dir / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))

    def draw(self, output):
        (self.dir / "job.yaml").write_text("pictor: 1\nmodels: {t: {plugin: template}}\njob: {prompts: rows.jsonl, "
                                           "num_generations: 2, output: {dir: out, %s}}\n" % output)
        done = self.pictor("run", "job.yaml", "-q")
        self.assertEqual(done.returncode, 3, done.stderr)

    def pictor(self, *arguments):
        return subprocess.run([PICTOR, *arguments], cwd=self.dir, capture_output=True, text=True)

    def load(self, *arguments, **options):
        return datasets.load_dataset(*arguments, cache_dir=str(self.dir / "cache"), **options)

    def check(self, train):
        train = sorted(train, key=lambda row: row["__key__"])   # shards come in the order in which they were full
        self.assertEqual([row["txt"] for row in train], [row["prompt"] for row in ROWS if "width" not in row for _ in "ab"])
        self.assertEqual(train[0]["png"].size, (64, 64))
        self.assertEqual([row["json"]["weight"] for row in train], [1, 1, 2.5, 2.5, 4, 4])
        self.assertEqual([row["json"]["season"] for row in train], ["summer", "summer", "", "", "7", "7"])
        self.assertEqual(len({row["json"]["seed"] for row in train}), 6)
        self.assertEqual(len({row["__key__"] for row in train}), 6)

    @unittest.skipIf(datasets is None, "this Python has no `datasets`")
    def test_load_dataset_reads_shards(self):
        self.draw("layout: webdataset, shard_pictures: 4")
        self.assertEqual(len(list((self.dir / "out/train").glob("*.tar"))), 2)
        files = str(self.dir / "out/train/train-png-*.tar")
        self.check(self.load("webdataset", data_files={"train": files}, split="train"))

    @unittest.skipIf(datasets is None, "this Python has no `datasets`")
    def test_the_card_tells_load_dataset_what_to_read(self):
        self.draw("layout: webdataset")
        subprocess.run([PICTOR, "gallery", "out"], cwd=self.dir, check=True, capture_output=True)
        self.check(self.load(str(self.dir / "out"), split="train"))

    @unittest.skipIf(datasets is None, "this Python has no `datasets`")
    def test_a_folder_with_sidecars_is_an_imagefolder_too(self):
        for sidecar in ("none", "txt", "json"):
            with self.subTest(sidecar):
                self.draw(f'layout: folder, name: "{{prompt}}/{{seed}}", sidecar: {sidecar}')
                shutil.rmtree(self.dir / "cache", ignore_errors=True)
                for train in (self.load("imagefolder", data_dir=str(self.dir / "out"), split="train"),
                              self.load(str(self.dir / "out"), split="train")):
                    self.assertEqual(len(train), 6)
                    self.assertEqual({row["text"] for row in train}, {row["prompt"] for row in ROWS if "width" not in row})
                    self.assertEqual(train[0]["image"].size, (64, 64))
                shutil.rmtree(self.dir / "out")

    @unittest.skipIf(webdataset is None, "this Python has no `webdataset`")
    def test_webdataset_reads_shards(self):
        self.draw("layout: webdataset, shard_pictures: 4")
        shards = str(self.dir / "out/train/train-png-{000000..000001}.tar")
        samples = list(webdataset.WebDataset(shards, shardshuffle=False).decode("pil"))
        self.assertEqual(len(samples), 6)
        for sample in samples:
            self.assertEqual({"png", "txt", "json"}, {name for name in sample if not name.startswith("__")})
            self.assertEqual(sample["png"].size, (64, 64))
            self.assertEqual(sample["txt"], sample["json"]["text"])

    @unittest.skipIf(datasets is None, "this Python has no `datasets`")
    def test_convert_there_and_back(self):
        self.draw("layout: imagefolder")
        for arguments in (("out", "--to", "webdataset", "-o", "shards"), ("shards", "--to", "imagefolder", "-o", "back")):
            done = self.pictor("convert", *arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.check(self.load(str(self.dir / "shards"), split="train"))
        for path in sorted((self.dir / "out/train").iterdir()):
            self.assertEqual(path.read_bytes(), (self.dir / "back/train" / path.name).read_bytes(), path.name)
        for folder in ("out", "back"):
            self.assertIn("6 pictures", self.pictor("status", folder).stdout)


if __name__ == "__main__":
    unittest.main()
