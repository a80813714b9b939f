"""The diffusion plugin through the program: LoRAs that rows weigh differently, models in one file, and what is refused."""

import json

from workspace import BUILD, SOURCE, Workspace

REFERENCE = SOURCE / "tests/reference"
MODEL = REFERENCE / "tiny-sd15"
LORAS = REFERENCE / "tiny-sd15-lora"


class Diffusion(Workspace):
    def draw(self, rows, load="", **options):
        """Runs a job of these rows; the result, and {id: picture's bytes}. `load`: further lines of the model."""
        self.write("rows.jsonl", "".join(json.dumps({"prompt": "a red fox", "seed": 1, **row}) + "\n" for row in rows))
        self.write("job.yaml", "\n".join([
            "pictor: 1", f"plugins: {{paths: [{json.dumps(str(BUILD / 'lib/pictor/plugins'))}]}}",
            "models:", "  m:", "    plugin: diffusion", f"    model: {json.dumps(str(MODEL))}", "    threads: 1", "    batch_size: 1",
            *["    " + line for line in load.splitlines()],
            "    generation_kwargs: {num_inference_steps: 2, width: 64, height: 64, scheduler: euler}",
            "job:", "  prompts: rows.jsonl", "  output: {dir: out, layout: folder, name: '{id}'}"]) + "\n")
        result = self.run_job("--overwrite", **options)
        return result, {path.stem: path.read_bytes() for path in (self.dir / "out").rglob("*.png")}

    def pixels(self, load=""):
        result, pictures = self.draw([{"id": "x"}], load)
        self.assertEqual(result.code, 0, result.err)
        return self.idat(pictures["x"])

    @staticmethod
    def idat(png):
        """The compressed pixels; what stands beside them names the settings."""
        chunks, at = b"", 8
        while at < len(png):
            size = int.from_bytes(png[at:at + 4], "big")
            if png[at + 4:at + 8] == b"IDAT":
                chunks += png[at + 8:at + 8 + size]
            at += size + 12
        return chunks

    def test_rows_weigh_the_loras_of_their_model(self):
        self.write("ink.safetensors", (LORAS / "kohya_style.safetensors").read_bytes())
        loras = f"loras: [{{path: ink.safetensors, weight: 0.8}}, {{name: neon, path: {LORAS}/peft_style.safetensors, weight: 0}}]"
        rows = [{"id": "plain"}, {"id": "half", "lora_weights": {"ink": 0.4}}, {"id": "own"},
                {"id": "none", "lora_weights": {"ink": 0}}, {"id": "both", "lora_weights": {"neon": -0.5}},
                {"id": "again", "lora_weights": {"ink": 0.4}}]
        result, pictures = self.draw(rows, loras)
        self.assertEqual(result.code, 0, result.err)
        drawn = {name: self.idat(picture) for name, picture in pictures.items()}
        self.assertEqual(drawn["plain"], drawn["own"])
        self.assertEqual(drawn["half"], drawn["again"])
        self.assertEqual(len(set(drawn.values())), 4)
        self.assertEqual(drawn["none"], self.pixels())
        self.assertEqual(drawn["half"], self.pixels("loras: [{path: ink.safetensors, weight: 0.4}]"))

    def test_replicas_draw_what_one_model_draws(self):
        rows = [{"id": str(i), "seed": i} for i in range(40)]  # more than two calls take
        _, alone = self.draw(rows)
        result, shared = self.draw(rows, "device: cpu\nreplicas: 2")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(shared), len(rows))
        self.assertEqual({name: self.idat(picture) for name, picture in shared.items()},
                         {name: self.idat(picture) for name, picture in alone.items()})

    def test_rows_begin_from_their_pictures(self):
        for name, source in {"photo.png": "gradient.png", "mask.png": "gray.png"}.items():
            self.write(name, (REFERENCE / "pictures" / source).read_bytes())
        rows = [{"id": "text"}, {"id": "image", "image": "photo.png", "strength": 0.6},
                {"id": "masked", "image": "photo.png", "mask_image": "mask.png"},
                {"id": "again", "image": "photo.png", "strength": 0.6}]
        result, pictures = self.draw(rows)
        self.assertEqual(result.code, 0, result.err)
        drawn = {name: self.idat(picture) for name, picture in pictures.items()}
        self.assertEqual(drawn["image"], drawn["again"])
        self.assertEqual(len(set(drawn.values())), 3)

    def test_a_refiner_that_cannot_be_one_is_told_at_load(self):
        result, _ = self.draw([{"id": "x"}], "refiner: ./xl")
        self.assert_fails(result, 3, str(self.dir / "xl"), "'refiner' must be a folder")
        result, _ = self.draw([{"id": "x"}], f"refiner: {MODEL}")
        self.assert_fails(result, 3, "Stable Diffusion XL")

    def test_a_missing_lora_is_told_with_where_it_was_looked_for(self):
        result, _ = self.draw([{"id": "x"}], "loras: [ink.safetensors]")
        self.assert_fails(result, 3, "ink.safetensors: no such file", "'loras' takes paths")

    def test_a_row_with_an_unknown_lora_fails_alone(self):
        self.write("ink.safetensors", (LORAS / "kohya_style.safetensors").read_bytes())
        result, pictures = self.draw([{"id": "good"}, {"id": "bad", "lora_weights": {"inc": 1}}], "loras: [ink.safetensors]")
        self.assert_fails(result, 3, "no LoRA is called 'inc'", "ink")
        self.assertEqual(list(pictures), ["good"])

    def test_a_lora_of_another_model_is_refused_by_its_layers(self):
        content = (LORAS / "kohya_style.safetensors").read_bytes().replace(b"lora_te_text_model_encoder", b"lora_te2_text_model_encode")
        self.write("ink.safetensors", content)
        result, pictures = self.draw([{"id": "x"}], "loras: [ink.safetensors]")
        self.assertNotEqual(result.code, 0)
        self.assertIn("of its", result.err)
        self.assertIn("layers are not in the model", result.err)
        self.assertEqual(pictures, {})

    def test_a_model_that_is_not_there_comes_with_the_command_that_fetches_it(self):
        result, _ = self.draw([{"id": "x"}], "revision: main")
        self.assertEqual(result.code, 0, result.err)
        job = self.dir / "job.yaml"
        job.write_text(job.read_text().replace(json.dumps(str(MODEL)), "org/model"))
        result = self.run_job("--overwrite", env={"HF_HUB_CACHE": str(self.dir / "cache")})
        self.assertNotEqual(result.code, 0)
        self.assertIn("pictor models pull org/model", result.err)
        self.assertIn(str(self.dir / "cache"), result.err)
