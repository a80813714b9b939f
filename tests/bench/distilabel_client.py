"""Pictures through distilabel's model class. Usage: distilabel_client.py URL PICTURES CONCURRENCY FOLDER"""

import base64
import pathlib
import sys

from distilabel.models import OpenAIImageGeneration

URL, PICTURES, CONCURRENCY, FOLDER = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), pathlib.Path(sys.argv[4])

model = OpenAIImageGeneration(model="dall-e-3", base_url=URL)
model.load()
for first in range(0, PICTURES, CONCURRENCY):
    prompts = [f"a picture of thing number {i}, painted in oil" for i in range(first, min(first + CONCURRENCY, PICTURES))]
    for i, output in enumerate(model.generate_outputs(inputs=prompts, response_format="b64_json"), first):
        (FOLDER / f"{i:06}.png").write_bytes(base64.b64decode(output[0]["images"][0]))
