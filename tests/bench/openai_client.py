"""Pictures through the official Python client. Usage: openai_client.py URL PICTURES CONCURRENCY FOLDER"""

import asyncio
import base64
import pathlib
import sys

import openai

URL, PICTURES, CONCURRENCY, FOLDER = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), pathlib.Path(sys.argv[4])


async def main():
    client = openai.AsyncOpenAI(base_url=URL)
    turns = asyncio.Semaphore(CONCURRENCY)

    async def one(i):
        async with turns:
            answer = await client.images.generate(model="gpt-image-2",
                                                  prompt=f"a picture of thing number {i}, painted in oil")
            (FOLDER / f"{i:06}.png").write_bytes(base64.b64decode(answer.data[0].b64_json))

    await asyncio.gather(*(one(i) for i in range(PICTURES)))


asyncio.run(main())
