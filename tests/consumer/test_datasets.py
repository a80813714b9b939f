"""A finished run as a trainer reads it. Skipped where Python has no `datasets`."""

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

PICTOR = pathlib.Path(os.environ["PICTOR_BUILD"]) / "bin/pictor"


@unittest.skipIf(datasets is None, "this Python has no `datasets`")
class Imagefolder(unittest.TestCase):
    def test_load_dataset_reads_the_folder_as_it_stands(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="pictor-datasets-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        rows = [{"prompt": "a fox", "season": "summer", "weight": 1}, {"prompt": 'a "quoted"\nowl \U0001f989', "weight": 2.5},
                {"prompt": "out of bounds", "width": 99999}]
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / "job.yaml").write_text("pictor: 1\nmodels: {t: {plugin: template}}\n"
                                         "job: {prompts: rows.jsonl, num_generations: 2, output: {dir: out}}\n")
        done = subprocess.run([PICTOR, "run", "job.yaml", "-q"], cwd=folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 3, done.stderr)
        subprocess.run([PICTOR, "gallery", "out"], cwd=folder, check=True, capture_output=True)

        train = datasets.load_dataset("imagefolder", data_dir=str(folder / "out"), cache_dir=str(folder / "cache"))["train"]
        self.assertEqual(len(train), 4)
        self.assertEqual({row["text"] for row in train}, {row["prompt"] for row in rows[:2]})
        self.assertEqual(train[0]["image"].size, (64, 64))
        self.assertEqual([row["weight"] for row in train], [1, 1, 2.5, 2.5])
        self.assertEqual([row["season"] for row in train], ["summer", "summer", None, None])
        self.assertEqual(len({row["seed"] for row in train}), 4)


if __name__ == "__main__":
    unittest.main()
