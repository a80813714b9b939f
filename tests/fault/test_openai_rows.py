"""Rows of the openai plugin that the official client has no capture for: seeds, slices, gaps in answers and streams."""

import json
import signal
import subprocess
import unittest

from replay_server import ReplayServer
from test_openai import FILES, PICTURE, OpenAi, picture_reply
from workspace import PICTOR

BASE64 = PICTURE["data"][0]["b64_json"]
LOCAL = {"model": "my-model"}


def entries(*data, **changes):
    return picture_reply(data=list(data), **changes)


def events(*lines, **changes):
    return {"status": 200, "headers": {"content-type": "text/event-stream"}, "body_text": "".join(lines), **changes}


def event(kind, **fields):
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"


COMPLETED = event("image_generation.completed", b64_json=BASE64)
PARTIAL = event("image_generation.partial_image", b64_json=BASE64, partial_image_index=0)


class Rows(OpenAi):
    def only_failure(self):
        (failure,) = self.failures()
        return failure

    def test_one_request_for_several_pictures(self):
        with ReplayServer([entries({"b64_json": BASE64}, {"b64_json": BASE64}, {"b64_json": BASE64})]) as server:
            result = self.simple(server, n=3)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual([asked.json().get("n") for asked in server.asked], [3])
        self.assertTrue(all("seed" not in record for record in self.metadata()))

    def test_a_server_of_ones_own_gets_seeds_one_picture_each(self):
        with ReplayServer([picture_reply(), picture_reply()]) as server:
            result = self.simple(server, rows=[{"prompt": "a fox", "seed": 7}], n=2, load=LOCAL)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual([(asked.json()["seed"], asked.json().get("n")) for asked in server.asked], [(7, None), (8, None)])
        self.assertEqual([record["seed"] for record in self.metadata()], [7, 8])
        # Two requests of 1056 tokens each: the row took twice that, and each picture costs its own.
        self.assertEqual([record["output_tokens"] for record in self.metadata()], [2112, 2112])

    def test_seeds_can_be_left_out(self):
        with ReplayServer([entries({"b64_json": BASE64}, {"b64_json": BASE64})]) as server:
            result = self.simple(server, n=2, load={**LOCAL, "seeds": "none"})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual([asked.json().get("n") for asked in server.asked], [2])
        self.assertNotIn("seed", server.asked[0].json())

    def test_more_than_ten_pictures_are_several_requests(self):
        ten = entries(*[{"b64_json": BASE64}] * 10)
        with ReplayServer([ten, entries({"b64_json": BASE64}, {"b64_json": BASE64})]) as server:
            result = self.simple(server, n=12)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual([asked.json()["n"] for asked in server.asked], [10, 2])
        self.assertEqual(self.outcomes(), {"ok": 12})

    def test_a_model_that_takes_no_n(self):
        with ReplayServer([picture_reply(), picture_reply()]) as server:
            result = self.simple(server, n=2, load={"model": "dall-e-3"})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual([asked.json().get("n") for asked in server.asked], [None, None])

    def test_fewer_pictures_than_asked(self):
        with ReplayServer([entries({"b64_json": BASE64})]) as server:
            result = self.simple(server, n=2)
        self.assertEqual(result.code, 3, result.err)
        self.assertEqual(self.outcomes(), {"ok": 1, "transient": 1})
        self.assertIn("1 of the 2 pictures", self.only_failure()["message"])

    def test_more_pictures_than_asked(self):
        with ReplayServer([entries({"b64_json": BASE64}, {"b64_json": BASE64})]) as server:
            result = self.simple(server)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.outcomes(), {"ok": 1})

    def test_bad_base64_loses_that_picture_alone(self):
        with ReplayServer([entries({"b64_json": "%%%"}, {"b64_json": BASE64})]) as server:
            result = self.simple(server, n=2)
        self.assertEqual(result.code, 3, result.err)
        self.assertEqual(self.outcomes()["ok"], 1)
        self.assertIn("not base64", self.only_failure()["message"])

    def test_no_pictures_at_all(self):
        with ReplayServer([entries()]) as server:
            self.simple(server)
        self.assertIn("without any picture", self.only_failure()["message"])
        self.assertEqual(self.outcomes(), {"maybe_billed": 1})

    def test_half_an_answer_may_have_been_paid_for(self):
        with ReplayServer([{**picture_reply(), "cut": 100}]) as server:
            self.simple(server)
        self.assertEqual(self.outcomes(), {"maybe_billed": 1})
        self.assertEqual(len(server.asked), 1)

    def test_a_refused_picture_stops_no_other_of_its_row(self):
        refusal = {"status": 400, "body": {"error": {"message": "no", "type": "x", "param": None,
                                                     "code": "moderation_blocked"}}}
        with ReplayServer([picture_reply(), refusal, picture_reply()]) as server:
            result = self.simple(server, n=3, load=LOCAL)
        self.assertEqual(result.code, 5, result.err)
        self.assertEqual(self.outcomes(), {"ok": 2, "refused": 1})

    def test_a_limit_ends_the_row_and_the_rest_is_asked_for_later(self):
        limit = {"status": 429, "headers": {"retry-after-ms": "5"}, "body": {"error": {"message": "slow"}}}
        with ReplayServer([picture_reply(), limit, picture_reply()]) as server:
            result = self.simple(server, n=2, load={**LOCAL, "retry": {"attempts": 2}})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(server.asked), 3)
        self.assertEqual(self.outcomes(), {"ok": 2})

    def test_private_addresses_are_not_fetched(self):
        elsewhere = "http://localhost:9/secret.png"
        with ReplayServer([entries({"url": elsewhere})]) as server:
            self.simple(server)
        self.assertEqual(self.outcomes().get("ok"), None)
        self.assertNotIn("sk-test-key", self.only_failure()["message"])

    def test_pictures_by_url_from_the_server_itself(self):
        address = "http://127.0.0.1:PORT/private/img-abc.png?sig=s3cr3t-signature"
        with ReplayServer([entries({"url": address}, {"url": address})], FILES) as server:
            result = self.simple(server, n=2, load={**LOCAL, "seeds": "none"}, kwargs={"response_format": "url"})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(server.fetched), 2)
        self.nowhere("s3cr3t-signature")

    def test_rate_limits_and_request_ids(self):
        reply = picture_reply()
        reply["headers"] = {**reply["headers"], "x-request-id": "req_1", "x-ratelimit-remaining-requests": "59",
                            "x-ratelimit-reset-requests": "1s", "openai-processing-ms": "5310"}
        with ReplayServer([reply]) as server:
            result = self.simple(server)
        self.assertEqual(result.code, 0, result.err)
        (record,) = self.metadata()
        self.assertEqual(record["provider_request_id"], "req_1")
        self.assertEqual(json.loads(record["input_tokens_details"]), {"image_tokens": 0, "text_tokens": 18})
        self.assertFalse([name for name in record if name.startswith("ratelimit")])
        self.assertAlmostEqual(record["cost"], (18 * 5 + 1056 * 30) / 1e6, places=6)


class Streams(OpenAi):
    def streamed(self, *replies, n=1, **kwargs):
        with ReplayServer(replies) as server:
            result = self.simple(server, n=n, kwargs={"stream": True, **kwargs})
        self.asked = server.asked
        return result

    def test_several_pictures_are_several_streams(self):
        result = self.streamed(events(PARTIAL, COMPLETED), events(COMPLETED), n=2, partial_images=1)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual([asked.json().get("n") for asked in self.asked], [None, None])

    def test_a_cut_stream_is_not_one_without_its_picture(self):
        text = PARTIAL + COMPLETED
        self.streamed(events(text, cut=len(PARTIAL) + 20))
        (failure,) = self.failures()
        self.assertEqual(failure["outcome"], "maybe_billed")
        self.assertNotIn("ended without its picture", failure["message"])

    def test_a_stream_cut_after_its_picture_is_whole(self):
        result = self.streamed(events(COMPLETED, PARTIAL, cut=len(COMPLETED) + 10))
        self.assertEqual(result.code, 0, result.err)

    def test_events_that_nobody_knows_are_passed_over(self):
        result = self.streamed(events(event("image_generation.news", text="x"), "data: {broken\n\n", COMPLETED))
        self.assertEqual(result.code, 0, result.err)

    def test_an_error_after_partial_pictures_may_have_been_paid_for(self):
        self.streamed(events(PARTIAL, event("error", error={"message": "boom", "code": "server_error"})))
        self.assertEqual(self.outcomes(), {"maybe_billed": 1})


class Keys(OpenAi):
    def test_no_key(self):
        with ReplayServer([picture_reply()]) as server:
            result = self.simple(server, load={"base_url": "https://api.openai.com/v1"}, environment={"OPENAI_API_KEY": ""})
        self.assert_fails(result, 6, "OPENAI_API_KEY")
        self.assertFalse(server.asked)

    def test_a_server_of_ones_own_needs_no_key(self):
        with ReplayServer([picture_reply()]) as server:
            result = self.simple(server, load=LOCAL, environment={"OPENAI_API_KEY": ""})
        self.assertEqual(result.code, 0, result.err)
        self.assertNotIn("authorization", server.asked[0].headers)

    def test_the_key_of_openai_never_goes_to_azure(self):
        with ReplayServer([picture_reply()]) as server:
            result = self.simple(server, load={"api": "azure", "azure_endpoint": server.url, "api_version": "1"})
        self.assert_fails(result, 6, "AZURE_OPENAI_API_KEY")
        self.assertFalse(server.asked)

    def test_a_server_that_echoes_the_key(self):
        body = {"error": {"message": "bad key sk-test-key", "code": "sk-test-key", "type": "x", "param": "sk-test-key"}}
        with ReplayServer([{"status": 401, "body": body}]) as server:
            result = self.simple(server)
        self.assertEqual(result.code, 6, result.err)
        self.assertNotIn("sk-test-key", result.err + result.out)
        self.nowhere("sk-test-key")

    def test_headers_from_the_environment(self):
        lines = "X-Gateway: gate-secret-1\nX-Trace: overruled\n"
        with ReplayServer([picture_reply()]) as server:
            result = self.simple(server, load={"headers": {"X-Trace": "t1"}}, environment={"OPENAI_CUSTOM_HEADERS": lines})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(server.asked[0].headers["x-gateway"], "gate-secret-1")
        self.assertEqual(server.asked[0].headers["x-trace"], "t1")
        self.nowhere("gate-secret-1")

    def test_the_environment_names_the_server(self):
        with ReplayServer([picture_reply()]) as server:
            job = {"pictor": 1, "models": {"m": {"plugin": "openai"}},
                   "job": {"model": "m", "prompts": "prompts.jsonl", "output": {"dir": "out"}}}
            result = self.play(job, [{"prompt": "a fox"}], server,
                               {"OPENAI_API_KEY": "sk-test-key", "OPENAI_BASE_URL": server.url + "/v1/",
                                "OPENAI_ORG_ID": "org-1", "OPENAI_PROJECT_ID": "proj-1"})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(server.asked[0].path, "/v1/images/generations")
        self.assertEqual(server.asked[0].headers["openai-organization"], "org-1")
        self.assertEqual(server.asked[0].headers["openai-project"], "proj-1")


class Cancelling(OpenAi):
    def test_a_second_signal_leaves_no_request_waiting(self):
        with ReplayServer([]) as server:
            server.hold.clear()
            self.simple_job(server)
            process = subprocess.Popen([PICTOR, "run", "job.yaml"], cwd=self.dir, stderr=subprocess.PIPE,
                                       env={"OPENAI_API_KEY": "sk-test-key", "PATH": "/usr/bin:/bin", "HOME": str(self.dir)})
            server.arrived.wait(30)
            process.send_signal(signal.SIGTERM)  # two of one kind may arrive as one
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
            server.hold.set()
        self.assertEqual(process.returncode, 3, err)  # every sample has its end
        self.assertEqual(self.outcomes(), {"maybe_billed": 1})

    def simple_job(self, server):
        self.write("job.yaml", json.dumps(
            {"pictor": 1, "models": {"m": {"plugin": "openai", "base_url": server.url + "/v1"}},
             "job": {"model": "m", "prompts": ["a fox"], "output": {"dir": "out"}}}))


if __name__ == "__main__":
    unittest.main()
