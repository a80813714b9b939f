"""The captures of the official client in tests/golden/openai as jobs, and what must come of each."""

import json
import pathlib

CASES = pathlib.Path(__file__).resolve().parents[1] / "golden/openai"

# What a case leads to. `outcome`: of the sample; `asked`: requests that leave; `code`: pictor's exit code; `says`: in the
# message, or in what pictor prints when no sample is recorded; further fields are those of failures.jsonl.
OK = {"outcome": "ok", "code": 0, "asked": 1}


def failed(outcome, says, code=3, asked=1, **fields):
    return {"outcome": outcome, "code": code, "asked": asked, "says": says, **fields}


def in_assets(value):
    """A value of a call with the files that it names as paths."""
    if isinstance(value, list):
        return [in_assets(each) for each in value]
    return value.replace("FILE:", str(CASES / "assets") + "/") if isinstance(value, str) else value


EXPECTED = {
    "azure-error-content-filter": failed("refused", "safety system", code=5, http_status=400, provider_code="contentFilter",
                                         categories=["violence"]),
    "azure-generate-deployment": OK,
    "azure-generate-entra-token": OK,
    "edit-multipart-one-image-mask": OK,
    "edit-multipart-stream": OK,
    "edit-multipart-svg-nested": failed("invalid", "Pictor stores PNG, JPEG and WebP", asked=0, parameter="output_format"),
    "edit-multipart-two-images": OK,
    "error-200-html": failed("transient", "base_url", http_status=200),
    "error-200-not-json": failed("maybe_billed", "broken or cut off", http_status=200),
    "error-400-moderation": failed("refused", "rejected by the safety system", code=5, http_status=400,
                                   provider_code="moderation_blocked", categories=["violence"]),
    "error-401-bad-key": failed("transient", "OPENAI_API_KEY", code=6, http_status=401, provider_code="invalid_api_key"),
    "error-403": failed("transient", "must be verified", code=6, http_status=403),
    "error-404-model": failed("transient", "use gpt-image-2.6", http_status=404, provider_code="model_not_found"),
    "error-422": failed("invalid", "unprocessable", http_status=422),
    "error-429-insufficient-quota": failed("transient", "add credit", http_status=429, provider_code="insufficient_quota"),
    "error-502-html-body": failed("transient", "502 Bad Gateway", http_status=502),
    "generate-dall-e-3-b64": OK | {"metadata": {"revised_prompt": "A white Siamese cat"}},
    "generate-dall-e-3-url": OK | {"metadata": {"revised_prompt": "A white Siamese cat sitting on a windowsill"},
                                   "fetched": 1},
    "generate-gif": failed("invalid", "Pictor stores PNG, JPEG and WebP", code=2, asked=0),
    "generate-gpt-image-1-all-options": OK,
    "generate-gpt-image-1-mini-jpeg": OK,
    "generate-gpt-image-2-custom-size": OK,
    "generate-gpt-image-2.6-all-options": OK,
    "generate-lone-surrogate": failed("invalid", "surrogate", code=2, asked=0),
    "generate-minimal": OK,
    "generate-org-project-custom-headers": OK,
    "generate-svg": failed("invalid", "Pictor stores PNG, JPEG and WebP", code=2, asked=0),
    "generate-unicode-prompt": OK,
    "generate-unknown-extra-field": OK | {"metadata": {"seed": 42}},
    "retries-exhausted": failed("transient", "overloaded again", asked=2, http_status=503),
    "retry-408-409": OK | {"asked": 3},
    "retry-429-retry-after-ms": OK | {"asked": 2},
    "retry-429-retry-after-seconds": OK | {"asked": 2},
    "retry-500-default-backoff": OK | {"asked": 3},
    "retry-connection-reset": failed("maybe_billed", "", asked=1),
    "retry-x-should-retry-true-on-400": OK | {"asked": 2},
    "stream-crlf-comments-multiline": OK | {"metadata": {"output_tokens": 1056}},
    "stream-ends-without-completed": failed("maybe_billed", "ended without its picture", http_status=200),
    "stream-error-event": failed("filtered", "rejected by the safety system", code=5, http_status=200,
                                 provider_code="moderation_blocked"),
    "stream-error-event-flat": failed("transient", "boom", http_status=200, provider_code="server_error"),
    "stream-fewer-partials-than-asked": OK,
    "stream-http-error": failed("invalid", "Invalid value: 'huge'", http_status=400, provider_code="invalid_value",
                                parameter="size"),
    "stream-partial-images": OK,
    "stream-server-answers-json": OK | {"metadata": {"output_tokens": 1056}},
    "variation-multipart": None,  # retired: Pictor has no way to ask for it
}

# Arguments that are the model's own parameters or a row's, not generation_kwargs.
ELSEWHERE = {"model", "prompt", "n", "seed", "image", "mask"}
# Fields that only other servers know.
EXTRA = {"negative_prompt", "steps"}


class Case:
    def __init__(self, name):
        self.name = name
        self.data = json.loads((CASES / f"{name}.json").read_text())
        self.call = self.data["call"]
        self.arguments = self.call["arguments"]
        self.expected = EXPECTED[name]

    def replies(self):
        if "exchanges" in self.data:
            return [exchange["response"] for exchange in self.data["exchanges"]]
        return [self.data["response"]]

    def is_azure(self):
        return self.call["constructor"]["class"] == "AzureOpenAI"

    def environment(self):
        constructor = self.call["constructor"]
        if not self.is_azure():
            return {"OPENAI_API_KEY": "sk-test-key"}
        if "azureADTokenProvider" in constructor:
            return {"AZURE_OPENAI_AD_TOKEN": "entra-token"}
        return {"AZURE_OPENAI_API_KEY": constructor["apiKey"]}

    def load(self, server):
        constructor = self.call["constructor"]
        load = {"plugin": "openai"}
        if "model" in self.arguments:
            load["model"] = self.arguments["model"]
        if self.is_azure():
            load.update(api="azure", azure_endpoint=server.url, api_version=constructor["apiVersion"],
                        azure_deployment=constructor["deployment"])
        else:
            load["base_url"] = server.url + "/v1"
        for ours, theirs in (("organization", "organization"), ("project", "project")):
            if theirs in constructor:
                load[ours] = constructor[theirs]
        headers = {**constructor.get("defaultHeaders", {}), **self.call.get("request_options", {}).get("headers", {})}
        if headers:
            load["headers"] = headers
        return load

    def generation_kwargs(self):
        kwargs = {name: value for name, value in self.arguments.items() if name not in ELSEWHERE | EXTRA}
        if extra := {name: value for name, value in self.arguments.items() if name in EXTRA}:
            kwargs["extra_body"] = extra
        return kwargs

    def row(self):
        row = {"prompt": self.arguments["prompt"]}
        for ours, theirs in (("image", "image"), ("mask_image", "mask"), ("seed", "seed")):
            if theirs in self.arguments:
                row[ours] = in_assets(self.arguments[theirs])
        return row

    def job(self, server):
        attempts = self.data["attempts"]
        retry = {"attempts": attempts, "backoff": {"first": 0.01, "most": 0.02}}
        model = {**self.load(server), "generation_kwargs": self.generation_kwargs(), "retry": retry}
        return {"pictor": 1, "models": {"m": model},
                "job": {"model": "m", "prompts": "prompts.jsonl", "num_generations": self.arguments.get("n", 1),
                        "output": {"dir": "out"}}}

    def expected_body(self):
        """The official client's JSON, as Pictor sends it: plugins/openai/README.md tells why."""
        body = dict(self.data["request"]["body"])
        body.setdefault("model", "gpt-image-2.6-flare")
        if body.get("n") == 1:
            del body["n"]
        if not body["model"].startswith("gpt-image-"):
            body.setdefault("response_format", "b64_json")
        return body

    def expected_parts(self):
        parts = []
        for part in self.data["request"]["body_multipart"]:
            if part["name"] == "n" and part["text"] == "1":
                continue
            kept = {key: part[key] for key in ("name", "text", "size", "sha256") if key in part}
            if "filename" in part:
                kept["media_type"] = part["headers"]["content-type"]
            parts.append(kept)
        return sorted(parts, key=json.dumps)
