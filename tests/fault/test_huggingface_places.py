"""Where the huggingface plugin asks: keys, the hub's mapping, dedicated endpoints."""

import base64
import json
import unittest

from hub_server import HubServer, mapping
from test_huggingface import HUB, MODEL, PNG, HuggingFace
from workspace import SOURCE

PICTURE = {"status": 200, "headers": {"content-type": "image/png"}, "body_bytes": PNG}
HF = mapping(hf_inference=MODEL)


class Keys(HuggingFace):
    def authorization(self, environment, load=None, before=None):
        with HubServer([PICTURE], {HUB: HF}) as server:
            if before:
                before()
            result = self.simple(server, environment={"HF_TOKEN": "", **environment}, load=load)
        self.assertEqual(result.code, 0, result.err)
        return server.asked[0].headers.get("authorization"), server.looks[0].headers.get("authorization")

    def login(self, path, token="hf_file_token\n"):
        return self.write(path, token)

    def test_the_older_variable(self):
        self.assertEqual(self.authorization({"HUGGING_FACE_HUB_TOKEN": "hf_old"}), ("Bearer hf_old",) * 2)

    def test_the_login_file(self):
        path = self.login("home/.cache/huggingface/token")
        self.assertEqual(self.authorization({}), ("Bearer hf_file_token",) * 2)
        self.nowhere("hf_file_token", but=[path])

    def test_the_login_file_elsewhere(self):
        self.login("elsewhere/token")
        self.assertEqual(self.authorization({"HF_HOME": str(self.dir / "elsewhere")}), ("Bearer hf_file_token",) * 2)
        self.setUp()
        self.login("my-token")
        self.assertEqual(self.authorization({"HF_TOKEN_PATH": str(self.dir / "my-token")}), ("Bearer hf_file_token",) * 2)

    def test_the_variable_comes_before_the_file(self):
        self.login("home/.cache/huggingface/token")
        self.assertEqual(self.authorization({"HF_TOKEN": "hf_variable"}), ("Bearer hf_variable",) * 2)

    def test_the_login_is_left_alone_where_that_is_wished(self):
        self.login("home/.cache/huggingface/token")
        self.assertEqual(self.authorization({"HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}), (None, None))

    def test_a_provider_own_key_never_goes_to_the_hub(self):
        gets = {HUB: mapping(together="flux")}
        with HubServer([{"status": 200, "body": {"data": [{"url": "%"}]}}], gets) as server:
            self.simple(server, environment={"T": "own-key", "HF_TOKEN": "hf_mine"},
                        load={"api_key": "${T}", "provider": "together", "provider_url": server.url + "/own"})
        self.assertEqual(server.looks[0].headers["authorization"], "Bearer hf_mine")
        self.assertEqual(server.asked[0].headers["authorization"], "Bearer own-key")
        self.assertEqual(server.asked[0].path, "/own/v1/images/generations")
        self.nowhere("own-key", "hf_mine")

    def test_a_provider_own_key_needs_its_provider(self):
        with HubServer([], {HUB: HF}) as server:
            result = self.simple(server, environment={"T": "own-key"}, load={"api_key": "${T}"})
        self.assertEqual(result.code, 3, result.err)
        self.assertIn("say whose with provider", result.err)
        self.assertEqual(server.looks, [])

    def test_a_key_that_a_server_repeats_is_not_printed(self):
        reply = {"status": 401, "body": {"error": "the token hf_test_token is wrong"}}
        with HubServer([reply], {HUB: HF}) as server:
            result = self.simple(server)
        self.assertEqual(result.code, 6, result.err)
        self.assertNotIn("hf_test_token", result.err)
        self.nowhere("hf_test_token")


class Hubs(HuggingFace):
    def load_error(self, reply, code=3, load=None, environment=None):
        with HubServer([], {HUB: reply}) as server:
            result = self.simple(server, load=load, environment=environment)
        self.assertEqual(result.code, code, result.err)
        self.assertEqual(server.asked, [])
        return result.err

    def test_a_mapping_that_is_a_list(self):
        entries = [{"provider": "cerebras", "status": "live", "providerId": "c", "task": "text-to-image"},
                   {"provider": "together", "status": "error", "providerId": "broken", "task": "text-to-image"},
                   {"provider": "hf-inference", "status": "live", "providerId": "mine", "task": "text-to-image"}]
        with HubServer([PICTURE], {HUB: {"status": 200, "body": {"inferenceProviderMapping": entries}}}) as server:
            result = self.simple(server)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(server.asked[0].path, "/hf-inference/models/mine")

    def test_the_order_is_the_hub_s(self):
        reply = {"status": 200, "body": {"data": [{"b64_json": ""}]}}
        with HubServer([reply], {HUB: mapping(together="t", fal_ai="f")}) as server:
            self.simple(server)
        self.assertEqual(server.asked[0].path, "/together/v1/images/generations")

    def test_staging_is_told(self):
        staged = {"status": "staging", "providerId": "s", "task": "text-to-image"}
        with HubServer([PICTURE], {HUB: mapping(hf_inference=staged)}) as server:
            result = self.simple(server)
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("staging", result.err)

    def test_removed_providers_name_those_that_are_there(self):
        err = self.load_error(mapping(nebius="n", together="t", fal_ai="f"), load={"provider": "nebius"})
        self.assertIn("removed", err)
        self.assertIn("together, fal-ai", err)

    def test_a_provider_that_nobody_knows(self):
        self.assertIn("hf-inference, fal-ai", self.load_error(mapping(together="t"), load={"provider": "cerebras"}))

    def test_nobody_serves_it(self):
        self.assertIn("base_url", self.load_error({"status": 200, "body": {"id": "x"}}))

    def test_a_provider_id_that_is_no_path(self):
        self.assertIn("nobody", self.load_error(mapping(together="../../x")))

    def test_a_hub_that_is_no_hub(self):
        self.assertIn("hub_url", self.load_error({"status": 200, "body_text": "<html>proxy login</html>"}, code=3))

    def test_a_gated_model(self):
        reply = {"status": 403, "headers": {"x-error-code": "GatedRepo"}, "body": {"error": "Access is restricted"}}
        self.assertIn(f"https://huggingface.co/{MODEL}", self.load_error(reply, code=6))

    def test_a_hub_that_is_tired_is_asked_again(self):
        with HubServer([PICTURE], {HUB: [{"status": 503}, {}, HF]}) as server:
            result = self.simple(server)
        self.assertEqual(result.code, 0, result.err)

    def test_offline_means_offline(self):
        with HubServer([PICTURE], {HUB: HF}) as server:
            result = self.simple(server, environment={"HF_HUB_OFFLINE": "1"})
            self.assertNotEqual(result.code, 0)
            self.assertIn("HF_HUB_OFFLINE", result.err)
            self.assertEqual(server.looks + server.asked, [])
            result = self.simple(server, environment={"HF_HUB_OFFLINE": "1"}, load={"base_url": server.url, "model": None},
                                 arguments=("--overwrite",))
        self.assertEqual(result.code, 0, result.err)

    def test_mistakes_before_anything_is_asked(self):
        mistakes = {"model": ({"model": None}, "model"), "both": ({"base_url": "http://127.0.0.1:1", "provider": "nscale"},
                    "exclude"), "no_id": ({"model": "a b"}, "no id"), "password": ({"hub_url": "http://u:p@h"}, "password"),
                    "url": ({"router_url": "router"}, "http")}
        for name, (load, says) in mistakes.items():
            with self.subTest(name):
                self.setUp()
                with HubServer([]) as server:
                    result = self.simple(server, load=load)
                self.assertEqual(result.code, 2, result.err)
                self.assertIn(says, result.err)
                self.assertEqual(server.looks, [])

    def test_extra_body_has_no_second_seed(self):
        for field in "seed", "prompt", "num_images":
            self.setUp()
            with HubServer([], {HUB: HF}) as server:
                result = self.simple(server, kwargs={"extra_body": {field: 1}})
            self.assert_fails(result, 2, "prompts.jsonl:1", "extra_body", field)
            self.assertEqual(server.asked, [])


class Endpoints(HuggingFace):
    def endpoint(self, server, load=None, **options):
        return self.simple(server, load={"base_url": server.url + "/draw", "model": None, **(load or {})}, **options)

    def test_answers_of_every_kind(self):
        data = "data:image/png;base64," + base64.b64encode(PNG).decode()
        plain = data.split(",")[1]
        for body in ({"image": plain}, [{"image": data}], {"images": [plain]}, {"output": ["URL"]}, {"data": [{"url": "URL"}]},
                     {"output": data}, data, {"images": [{"url": "URL"}]}):
            with self.subTest(str(body)[:40]):
                self.setUp()
                with HubServer([], {"/pic.png": PICTURE, "/draw": {"status": 405}}) as server:
                    text = json.dumps(body).replace("URL", server.url + "/pic.png")
                    server.replies = [{"status": 200, "body_text": text}]
                    result = self.endpoint(server)
                self.assertEqual(result.code, 0, result.err)
                self.assertEqual(self.outcomes(), {"ok": 1})

    def test_a_cold_start_is_waited_for_before_the_first_picture(self):
        cold = {"status": 503, "headers": {"retry-after": "0"}, "body": {"error": "503 Service Unavailable"}}
        with HubServer([PICTURE], {"/draw": [cold, cold, {"status": 405}]}) as server:
            result = self.endpoint(server, {"scale_up_timeout": 300})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(server.paths("/draw")), 3)
        self.assertEqual(server.asked[0].headers["x-scale-up-timeout"], "300")

    def test_a_start_without_end(self):
        cold = {"status": 503, "headers": {"retry-after": "0"}, "body": {"error": "503 Service Unavailable"}}
        with HubServer([], {"/draw": cold}) as server:
            result = self.endpoint(server, {"startup_timeout": 0.2})
        self.assertEqual(result.code, 3, result.err)
        self.assertIn("startup_timeout", result.err)

    def test_an_endpoint_that_is_not_waited_for(self):
        with HubServer([PICTURE]) as server:
            result = self.endpoint(server, {"startup_timeout": 0})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(server.looks, [])

    def test_a_paused_endpoint(self):
        paused = {"status": 400, "body": {"error": "Bad Request: The endpoint is paused, ask a maintainer to restart it"}}
        with HubServer([paused], {"/draw": paused}) as server:
            result = self.endpoint(server)
            self.assertEqual(result.code, 3, result.err)
            self.assertIn("resume it at https://endpoints.huggingface.co", result.err)
            result = self.endpoint(server, {"startup_timeout": 0})
        self.assertIn("resume it at", self.only_failure()["message"])

    def test_a_cut_connection_costs_nothing_here(self):
        with HubServer([{}, PICTURE]) as server:
            result = self.endpoint(server, {"retry": {"attempts": 2, "backoff": {"first": 0.01}}})
        self.assertEqual(result.code, 0, result.err)

    def test_no_key_is_needed(self):
        with HubServer([PICTURE]) as server:
            result = self.endpoint(server, environment={"HF_TOKEN": ""})
        self.assertEqual(result.code, 0, result.err)
        self.assertNotIn("authorization", server.asked[0].headers)

    def test_a_page_in_place_of_a_picture(self):
        with HubServer([{"status": 200, "body_text": "<html><h1>Welcome</h1></html>"}]) as server:
            result = self.endpoint(server)
        self.assertEqual(result.code, 3, result.err)
        self.assertIn("no picture (Welcome)", self.only_failure()["message"])

    def test_other_kinds_of_pictures_are_refused(self):
        gif = (SOURCE / "tests/golden/openai/assets/rgb.gif").read_bytes()
        with HubServer([{"status": 200, "body_bytes": gif}]) as server:
            self.endpoint(server)
        self.assertIn("only PNG, JPEG and WebP", self.only_failure()["message"])


class Errors(HuggingFace):
    def failure(self, reply, code=3, provider="together"):
        with HubServer([reply], {HUB: mapping(**{provider: "p"})}) as server:
            result = self.simple(server)
        self.assertEqual(result.code, code, result.err)
        return self.only_failure()

    def test_shapes(self):
        shapes = {"list": {"error": ["Width must be a multiple of 8", "and so must height"]},
                  "fastapi": {"detail": [{"loc": ["body", "steps"], "msg": "too many steps", "type": "value_error"}]},
                  "errors": {"errors": [{"message": "not like this"}]}, "message": {"message": "no"},
                  "description": {"error_description": "wrong"}}
        says = {"list": "and so must height", "fastapi": "too many steps", "errors": "not like this", "message": ": no",
                "description": "wrong"}
        for name, body in shapes.items():
            with self.subTest(name):
                self.setUp()
                failure = self.failure({"status": 422, "body": body})
                self.assertEqual(failure["outcome"], "invalid")
                self.assertIn(says[name], failure["message"])
        self.setUp()
        failure = self.failure({"status": 422, "body": shapes["fastapi"]})
        self.assertEqual(failure["parameter"], "num_inference_steps")

    def test_a_page(self):
        failure = self.failure({"status": 502, "body_text": "<html><title>502</title><body>Bad Gateway</body></html>"})
        self.assertEqual(failure["outcome"], "transient")
        self.assertIn("Bad Gateway", failure["message"])

    def test_nsfw(self):
        failure = self.failure({"status": 422, "body": {"error": {"message": "NSFW content detected"}}}, code=5)
        self.assertEqual(failure["outcome"], "refused")

    def test_a_gated_model_at_the_provider(self):
        reply = {"status": 403, "headers": {"x-error-code": "GatedRepo"}, "body": {"error": "Access restricted"}}
        self.assertIn(f"https://huggingface.co/{MODEL}", self.failure(reply, code=6, provider="hf_inference")["message"])

    def test_half_an_answer_may_have_been_paid_for(self):
        failure = self.failure({"status": 200, "body": {"data": [{"b64_json": "x" * 400}]}, "cut": 100})
        self.assertEqual(failure["outcome"], "maybe_billed")

    def test_an_error_with_a_good_status(self):
        failure = self.failure({"status": 200, "body": {"error": {"message": "model overloaded"}}})
        self.assertIn("model overloaded", failure["message"])

    def test_no_picture_in_the_answer(self):
        self.assertEqual(self.failure({"status": 200, "body": {"data": []}})["outcome"], "maybe_billed")

    def test_bad_base64(self):
        self.assertIn("neither base64 nor", self.failure({"status": 200, "body": {"data": [{"b64_json": "%%"}]}})["message"])

    def test_a_prediction_that_failed(self):
        reply = {"status": 201, "body": {"id": "p", "status": "failed", "error": "NSFW content detected. Try again",
                                         "output": None}}
        self.assertEqual(self.failure(reply, code=5, provider="replicate")["outcome"], "filtered")


if __name__ == "__main__":
    unittest.main()
