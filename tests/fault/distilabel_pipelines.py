"""Pipelines of distilabel, dumped. Usage: distilabel_pipelines.py FOLDER

The dumps in tests/golden/distilabel are what this writes with distilabel 1.5.3.
"""

import pathlib
import sys

from distilabel.models import InferenceEndpointsImageGeneration, OpenAIImageGeneration
from distilabel.pipeline import Pipeline
from distilabel.steps import KeepColumns, LoadDataFromDicts, LoadDataFromFileSystem, LoadDataFromHub
from distilabel.steps.tasks import ImageGeneration

OUT = pathlib.Path(sys.argv[1])
HERE = "prompts.jsonl"


def save(pipeline, name):
    pipeline.save(str(OUT / name), overwrite=True, format=name.rsplit(".", 1)[1])


with Pipeline(name="providers") as pipeline:
    load = LoadDataFromDicts(name="load", data=[{"prompt": "a fox"}, {"prompt": "a tulip"}])
    draw = ImageGeneration(
        name="draw", input_batch_size=4, num_generations=2,
        image_generation_model=InferenceEndpointsImageGeneration(
            model_id="black-forest-labs/FLUX.1-schnell",
            generation_kwargs={"num_inference_steps": 4, "height": 768, "width": 1024, "guidance_scale": 3.5,
                               "negative_prompt": "blurry"}))
    load >> draw
save(pipeline, "providers.yaml")

with Pipeline(name="openai", description="Pictures of prompts on the hub.") as pipeline:
    load = LoadDataFromHub(name="load", repo_id="someone/prompts", split="train", num_examples=10,
                           output_mappings={"text": "prompt"})
    draw = ImageGeneration(
        name="draw", input_batch_size=8, save_artifacts=True, image_format="PNG",
        image_generation_model=OpenAIImageGeneration(
            model="dall-e-3", base_url="https://api.openai.com/v1", timeout=300, max_retries=3,
            generation_kwargs={"quality": "hd", "size": "1024x1792", "style": "natural", "response_format": "b64_json"}))
    load >> draw
save(pipeline, "openai.json")

with Pipeline(name="endpoint") as pipeline:
    load = LoadDataFromFileSystem(name="load", data_files=HERE, filetype="json")
    draw = ImageGeneration(
        name="draw", input_mappings={"prompt": "instruction"},
        image_generation_model=InferenceEndpointsImageGeneration(
            base_url="https://abc123.us-east-1.aws.endpoints.huggingface.cloud",
            generation_kwargs={"num_inference_steps": 30}))
    keep = KeepColumns(name="keep", columns=["instruction", "image"])
    load >> draw >> keep
save(pipeline, "endpoint.yaml")

with Pipeline(name="named") as pipeline:
    load = LoadDataFromDicts(name="load", data=[{"prompt": "a fox"}])
    draw = ImageGeneration(name="draw", image_generation_model=InferenceEndpointsImageGeneration(
        endpoint_name="my-endpoint", endpoint_namespace="my-org"))
    second = ImageGeneration(name="second", num_generations=3, image_generation_model=OpenAIImageGeneration(
        model="gpt-image-2", default_headers={"X-Team": "pictures"}))
    load >> [draw, second]
save(pipeline, "two_models.yaml")
