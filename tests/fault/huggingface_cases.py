"""The captures of the official clients in tests/golden/huggingface as jobs, and what must come of each."""

import copy
import json
import pathlib
import urllib.parse

CASES = pathlib.Path(__file__).resolve().parents[1] / "golden/huggingface"
ASSETS = CASES.parent / "openai"  # "assets/rgb.png" is below it
SEED = 42  # where a capture has none: Pictor sends every picture's

# What a case leads to. `outcome`: of the sample; `asked`: POSTs that leave; `code`: pictor's exit code; `says`: in what
# pictor prints or in failures.jsonl; `body`: what Pictor sends in place of the client's fields (None: not sent);
# `route`: where the client went elsewhere; `gets`: answers beyond the capture's; `metadata`: columns. plugins/huggingface/README.md tells why they differ.
OK = {"outcome": "ok", "code": 0, "asked": 1}
FAL_SIZE = {"body": {"width": None, "height": None, "image_size": {"width": 1024, "height": 768}}}
ONE_SIZE = {"body": {"width": None, "height": None, "size": "1024x768"}}
NSCALE = {"body": {**ONE_SIZE["body"], "num_inference_steps": None}}


def failed(outcome, says, code=3, asked=1, **fields):
    return {"outcome": outcome, "code": code, "asked": asked, "says": says, **fields}


def refused(says, code=3):
    """Before the first picture: the model does not load."""
    return {"outcome": None, "code": code, "asked": 0, "says": says}


def queue_of_fal(routed):
    """The queue that the Python client does not use."""
    base = "/fal-ai/fal-ai/flux" if routed else "/fal-ai/flux"
    return {"queue": {"status": "IN_QUEUE", "request_id": "req-1",
                      "response_url": "https://queue.fal.run/fal-ai/flux/requests/req-1"},
            "gets": {f"{base}/requests/req-1/status": {"status": "COMPLETED"}}, "result": f"{base}/requests/req-1"}


EXPECTED = {
    "auto-provider": OK,
    "dedicated-endpoint": OK,
    "deepinfra-direct-key": OK,
    "deepinfra-router": OK,
    "error-400-string": failed("invalid", "multiples of 8", http_status=400),
    "error-401": failed("transient", "check the key", code=6, http_status=401),
    "error-402-credits": failed("transient", "bill_to", http_status=402),
    "error-429": failed("rate_limited", "Too many requests", http_status=429),
    "error-mapping-404": refused("there is no model nobody/nothing"),
    "error-mapping-not-served": refused("fal-ai"),
    "error-mapping-other-task": refused("conversational"),
    "error-provider-openai-shape": failed("invalid", "Input validation error", http_status=400,
                                          parameter="num_inference_steps"),
    "fal-ai-direct-key": OK | FAL_SIZE,
    "fal-ai-router": OK | FAL_SIZE | {"metadata": {"provider": "fal-ai", "nsfw": False, "seed": 42}},
    "hf-inference-503-loading-then-ok": OK | {"asked": 3},
    "hf-inference-503-no-retry": failed("transient", "currently loading", http_status=503),
    "hf-inference-all-params-direct-key": OK,
    "hf-inference-all-params-router": OK | {"metadata": {"provider_request_id": "r1", "provider": "hf-inference"}},
    "hf-inference-bill-to": OK,
    "hf-inference-extra-top-level-field": OK | {"body": {"options": None}},
    "hf-inference-json-b64-answer": OK,
    "hf-inference-no-params": OK,
    "hf-inference-no-token": OK,
    "image-fetch-404": failed("transient", "HTTP 404"),
    "nscale-direct-key": OK | NSCALE,
    "nscale-router": OK | NSCALE,
    "output-type-dataurl": OK,
    "output-type-json": OK,
    "py-auto-provider": OK,
    "py-dedicated-endpoint": OK,
    "py-dedicated-endpoint-other-key": OK,
    "py-error-400": failed("invalid", "multiples of 8", http_status=400),
    "py-error-402": failed("transient", "add credits", http_status=402),
    "py-error-429": failed("rate_limited", "Too many requests", http_status=429),
    "py-error-unsupported-provider": refused("removed from Inference Providers"),
    "py-fal-ai-direct-key": OK | queue_of_fal(False),
    # The Python client names the repository by the hub's answer, which the recorder had made up.
    "py-fal-ai-lora-router": OK | queue_of_fal(True) | {"body": {"loras": [{
        "path": "https://huggingface.co/someone/my-lora/resolve/main/pytorch_lora_weights.safetensors", "scale": 1}]}},
    "py-fal-ai-router": OK | queue_of_fal(True),
    "py-hf-inference-503": failed("transient", "currently loading", http_status=503),
    "py-hf-inference-all-params": OK,
    "py-hf-inference-extra-body": OK,
    "py-hf-inference-no-params": OK,
    "py-image-fetch-404": failed("transient", "HTTP 404"),
    "py-nscale-direct-key": OK,
    "py-nscale-router": OK,
    "py-replicate-direct-key": OK,
    "py-replicate-router": OK,
    "py-replicate-timeout-router": failed("maybe_billed", "no place to look"),
    "py-replicate-versioned-router": OK,
    "py-together-direct-key": OK,
    "py-together-router": OK,
    "py-unicode-prompt": OK,
    "py-wavespeed-direct-key": OK,
    "py-wavespeed-router": OK,
    "py-zai-org-direct-key": OK,
    "py-zai-org-router": OK,
    "removed-black-forest-labs-direct-key": refused("removed from Inference Providers"),
    "removed-black-forest-labs-router": refused("removed from Inference Providers"),
    "removed-hyperbolic-direct-key": refused("removed from Inference Providers"),
    "removed-hyperbolic-router": refused("removed from Inference Providers"),
    "removed-nebius-direct-key": refused("removed from Inference Providers"),
    "removed-nebius-router": refused("removed from Inference Providers"),
    "replicate-direct-key": OK,
    "replicate-lora-router": OK,
    "replicate-router": OK,
    # Both clients give up after a minute; Pictor goes on looking.
    "replicate-timeout-router": OK | {"gets": {"/replicate/v1/predictions/p1": {
        "id": "p1", "status": "succeeded", "output": ["https://replicate.delivery/x/out-0.webp"]}}},
    "together-direct-key": OK,
    "together-router": OK,
    "unicode-prompt": OK,
    "wavespeed-direct-key": OK,
    "wavespeed-router": OK,
    "zai-org-router": OK | ONE_SIZE,
}

ROUTER = "https://router.huggingface.co"
# Pictures that a test adds to a capture come from here.
RESULTS = {"/x/out-0.webp": "rgb.webp", "/files/a/out.jpg": "rgb.jpg"}


def path_of(request):
    return urllib.parse.urlsplit(request.get("url") or request["path"]).path


class Case:
    def __init__(self, name):
        self.name = name
        self.data = json.loads((CASES / f"{name}.json").read_text())
        self.call = self.data["call"]
        self.arguments = self.call["arguments"]
        self.constructor = self.call["constructor"]
        self.expected = EXPECTED[name]
        self.exchanges = self.data.get("exchanges") or [{"request": self.data["request"], "response": self.data["response"]}]
        posts = [each["request"] for each in self.exchanges if (each["request"] or {}).get("method") == "POST"]
        self.post = posts[0] if posts else None

    def key(self):
        return self.constructor.get("accessToken", self.constructor.get("api_key"))

    def is_dedicated(self):
        return "endpoint" in self.name

    def parameters(self):
        """What was given, in huggingface_hub's words."""
        if "parameters" in self.arguments:
            return dict(self.arguments["parameters"])
        elsewhere = {"prompt", "model", "extra_body", "inputs", "provider", "endpointUrl", "options"}
        return {name: value for name, value in self.arguments.items() if name not in elsewhere}

    def prompt(self):
        return self.arguments.get("prompt", self.arguments.get("inputs"))

    def _reply(self, response, server):
        """A captured response whose addresses are the server's."""
        reply = {"status": response["status"], "headers": {
            name: value for name, value in response["headers"].items()
            if name not in ("content-length", "date", "connection", "transfer-encoding")}}
        if response.get("body_file"):
            return reply | {"body_bytes": (ASSETS / response["body_file"]).read_bytes()}
        if "body" not in response or response["body"] is None:
            return reply | {"body_text": response.get("body_text") or ""}
        body = self._localised(copy.deepcopy(response["body"]), server)
        if isinstance(body, dict) and "estimated_time" in body:
            body["estimated_time"] = 0.01  # the test does not wait for a model
        return reply | {"body": body}

    def _localised(self, body, server):
        """Pictures are fetched from the server; queues keep their providers' addresses, whose path alone counts."""
        if isinstance(body, dict):
            return {name: value if name in ("urls", "response_url", "status_url", "cancel_url")
                    else self._localised(value, server) for name, value in body.items()}
        if isinstance(body, list):
            return [self._localised(each, server) for each in body]
        if isinstance(body, str) and body.startswith("https://"):
            return server.url + urllib.parse.urlsplit(body).path
        return body

    def fill(self, server):
        """Gives the server what the capture's had to say."""
        model = self.arguments.get("model", "")
        gets, posts = {}, []
        for exchange in self.exchanges:
            request, response = exchange["request"], exchange["response"]
            if request is None:
                continue
            if request["method"] == "POST":
                posts.append(self._reply(response, server))
            else:
                gets.setdefault(path_of(request), []).append(self._reply(response, server))
        hub = f"/api/models/{model}"
        # The Python client asks for less where the provider is hf-inference, and nothing where it knows none.
        plain = hub in gets and "inferenceProviderMapping" not in gets[hub][0].get("body", {}) and gets[hub][0]["status"] == 200
        if plain or hub not in gets:
            entry = {"status": "live", "providerId": model, "task": "text-to-image"}
            gets[hub] = [{"status": 200, "body": {"inferenceProviderMapping": {"hf-inference": entry}}}]
        for path, body in self.expected.get("gets", {}).items():
            gets[path] = [{"status": 200, "body": self._localised(body, server)}]
        for path, file in RESULTS.items():
            gets.setdefault(path, [{"status": 200, "body_bytes": (ASSETS / "assets" / file).read_bytes()}])
        if "queue" in self.expected:
            gets[self.expected["result"]] = [posts[0]]
            posts = [{"status": 200, "body": self.expected["queue"]}]
        server.gets, server.replies = gets, posts

    def environment(self):
        return {"MY_KEY": self.key()} if self.key() else {}

    def load(self, server):
        load = {"plugin": "huggingface", "hub_url": server.url, "router_url": server.url, "poll_interval": 0.01}
        if self.key():
            load["api_key"] = "${MY_KEY}"
        if self.is_dedicated():
            return load | {"base_url": server.url + path_of(self.post)}
        load["model"] = self.arguments["model"]
        provider = self.arguments.get("provider", self.constructor.get("provider"))
        if provider:
            load["provider"] = provider
        if self.key() and not self.key().startswith("hf_"):
            load["provider_url"] = server.url
        options = self.call.get("options") or {}
        if "billTo" in options:
            load["bill_to"] = options["billTo"]
        if "options" in self.arguments:
            load.update(self.arguments["options"])
        return load

    def generation_kwargs(self):
        kwargs = self.parameters()
        kwargs.pop("seed", None)
        if "extra_body" in self.arguments:
            kwargs["extra_body"] = self.arguments["extra_body"]
        return kwargs

    def row(self):
        return {"prompt": self.prompt(), "seed": self.parameters().get("seed", SEED)}

    def job(self, server):
        attempts = 3 if "then-ok" in self.name else 1
        model = {**self.load(server), "generation_kwargs": self.generation_kwargs(),
                 "retry": {"attempts": attempts, "backoff": {"first": 0.01, "most": 0.02}}}
        return {"pictor": 1, "models": {"m": model},
                "job": {"model": "m", "prompts": "prompts.jsonl", "output": {"dir": "out"}}}

    def expected_path(self):
        url = urllib.parse.urlsplit(self.post.get("url") or self.post["path"])
        query = url.query
        if "queue" in self.expected and not self.key().startswith("provider"):
            query = "_subdomain=queue"
        return (url.path or "/") + ("?" + query if query else "")

    def expected_body(self):
        """The client's JSON, as Pictor sends it."""
        body = copy.deepcopy(self.post["body"])
        for name, value in self.expected.get("body", {}).items():
            if value is None:
                body.pop(name, None)
            else:
                body[name] = value
        seeded = body
        if "inputs" in body:
            seeded = body.setdefault("parameters", {})
        elif "input" in body:
            seeded = body["input"]
        seeded.setdefault("seed", SEED)
        return body
