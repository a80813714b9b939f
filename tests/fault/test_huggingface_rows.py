"""Rows of the huggingface plugin that no official client has a capture for: queues, keys, hubs and endpoints."""

import signal
import subprocess
import unittest

from hub_server import HubServer, mapping
from test_huggingface import HUB, MODEL, PNG, HuggingFace
from workspace import PICTOR

JPEG_HEAD = b"\xff\xd8\xff"
TASK = {"code": 200, "data": {"id": "t1", "outputs": [], "status": "created",
                              "urls": {"get": "https://api.wavespeed.ai/api/v3/predictions/t1/result"}}}
LOOK = "/wavespeed/api/v3/predictions/t1/result"
FAL = "/fal-ai/fal-ai/flux/requests/r1"


def ok(body=None, **fields):
    return {"status": 200, **({"body": body} if body is not None else {}), **fields}


def task(identity):
    return ok({"code": 200, "data": {**TASK["data"], "id": identity,
                                     "urls": {"get": f"https://api.wavespeed.ai/api/v3/predictions/{identity}/result"}}})


def state(status, *outputs, **fields):
    return ok({"code": 200, "data": {"id": "t1", "status": status, "outputs": list(outputs), **fields}})


def fal_task(**fields):
    return ok({"status": "IN_QUEUE", "request_id": "r1", "response_url": "https://queue.fal.run/fal-ai/flux/requests/r1",
               "cancel_url": "https://queue.fal.run/fal-ai/flux/requests/r1/cancel", **fields})


class Queues(HuggingFace):
    """wavespeed, whose every request is queued."""

    def wave(self, server, gets, rows=({"prompt": "a fox", "seed": 7},), **options):
        server.gets = {HUB: [mapping(wavespeed="wave/flux")], "/pic.png": [ok(body_bytes=PNG)], **gets}
        return self.simple(server, rows, **options)

    def done(self, server):
        return state("completed", server.url + "/pic.png")

    def test_looks_that_fail_are_repeated(self):
        with HubServer([ok(TASK)]) as server:
            bad = [{"status": 503}, {"status": 429, "headers": {"retry-after": "0"}}, {}, {"status": 302, "headers": {"location": "/login"}}, ok(body_text="<html>busy</html>"),
                   ok(body_text='{"half'), ok({"code": 200})]
            result = self.wave(server, {LOOK: [*bad, self.done(server)]})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(server.asked), 1)
        self.assertEqual(len(server.paths(LOOK)), 8)

    def test_garbage_without_end_ends_and_the_next_run_collects(self):
        with HubServer([ok(TASK)]) as server:
            result = self.wave(server, {LOOK: [ok(body_text="<html>busy</html>")]})
            self.assertEqual(result.code, 3, result.err)
            self.assertEqual(self.outcomes(), {"transient": 1})
            self.assertIn("looks after each other", self.only_failure()["message"])
            self.assertEqual(len(server.paths(LOOK)), 9)
            result = self.wave(server, {LOOK: [self.done(server)]})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(server.asked), 1)

    def test_auto_that_found_another_still_collects_from_the_first(self):
        with HubServer([ok(TASK)]) as server:
            self.wave(server, {LOOK: [ok(body_text="busy")]})
            self.assertEqual(self.outcomes(), {"transient": 1})
            server.gets.update({HUB: [mapping(together="t")], LOOK: [self.done(server)]})
            result = self.simple(server)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(server.asked), 1)
        self.assertEqual(self.metadata()[0]["provider"], "wavespeed")

    def test_one_picture_of_a_row_fails_and_the_others_are_made(self):
        with HubServer([task(f"t{k}") for k in range(3)]) as server:
            gets = {LOOK.replace("t1", f"t{k}"): [self.done(server)] for k in (0, 2)}
            gets[LOOK] = [state("failed", error="NSFW content detected")]
            result = self.wave(server, gets, n=3)
        self.assertEqual(result.code, 5, result.err)
        self.assertEqual(self.outcomes(), {"ok": 2, "filtered": 1})

    def test_a_picture_at_once_after_one_that_was_queued(self):
        """replicate: the ticket of the first does not make the second's answer doubtful."""
        queued = {"status": 201, "body": {"id": "p1", "status": "processing", "output": None,
                                          "urls": {"get": "https://api.replicate.com/v1/predictions/p1"}}}
        with HubServer([]) as server:
            at_once = {"status": 201, "body": {"id": "p2", "status": "succeeded", "output": server.url + "/pic.png"}}
            limit = {"status": 429, "headers": {"retry-after-ms": "5"}, "body": {"detail": "slow"}}
            server.replies = [queued, limit, at_once]
            server.gets = {HUB: [mapping(replicate="a/b")], "/pic.png": [ok(body_bytes=PNG)],
                           "/replicate/v1/predictions/p1": [ok({**at_once["body"], "id": "p1"})]}
            result = self.simple(server, n=2, load={"retry": {"attempts": 2, "backoff": {"first": 0.01, "most": 0.02}}})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(server.asked), 3)
        self.assertEqual(self.outcomes(), {"ok": 2})

    def test_a_retry_collects_too(self):
        with HubServer([ok(TASK)]) as server:
            gets = {LOOK: [*[ok(body_text="<html>busy</html>")] * 12, self.done(server)]}
            result = self.wave(server, gets, load={"retry": {"attempts": 3, "backoff": {"first": 0.01, "most": 0.02}}})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(server.asked), 1)

    def test_a_queue_without_end_ends_by_its_timeout(self):
        with HubServer([ok(TASK)]) as server:
            result = self.wave(server, {LOOK: [state("processing")]}, load={"queue_timeout": 0.3})
        self.assertEqual(result.code, 3, result.err)
        self.assertEqual(self.outcomes(), {"transient": 1})
        self.assertIn("queue_timeout", self.only_failure()["message"])

    def test_a_picture_that_failed_is_not_collected_again(self):
        with HubServer([ok(TASK), task("t2")]) as server:
            result = self.wave(server, {LOOK: [state("failed", error="out of memory")]})
            self.assertIn("out of memory", self.only_failure()["message"])
            self.assertEqual(self.outcomes(), {"transient": 1})
            result = self.wave(server, {LOOK.replace("t1", "t2"): [self.done(server)]})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(server.asked), 2)

    def test_a_queue_that_forgot_may_have_drawn(self):
        with HubServer([ok(TASK)]) as server:
            result = self.wave(server, {})
        self.assertEqual(result.code, 3, result.err)
        self.assertEqual(self.outcomes(), {"maybe_billed": 1})
        self.assertIn("does not know the picture any more", self.only_failure()["message"])

    def test_a_filtered_picture(self):
        with HubServer([ok(TASK)]) as server:
            result = self.wave(server, {LOOK: [state("failed", error="NSFW content detected, please change the prompt")]})
        self.assertEqual(result.code, 5, result.err)
        self.assertEqual(self.outcomes(), {"filtered": 1})

    def test_a_flag_is_a_column(self):
        with HubServer([ok(TASK)]) as server:
            done = state("completed", server.url + "/pic.png", has_nsfw_contents=[True], timings={"inference": 250})
            result = self.wave(server, {LOOK: [done]})
        self.assertEqual(result.code, 0, result.err)
        self.assertIs(self.metadata()[0]["nsfw"], True)

    def test_where_to_look_is_the_provider_own_host_whatever_it_says(self):
        evil = ok({"data": {**TASK["data"], "urls": {"get": "http://evil.example/api/v3/predictions/t1/result?key=1"}}})
        with HubServer([evil]) as server:
            result = self.wave(server, {LOOK: [self.done(server)]})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(server.paths(LOOK), [LOOK])

    def test_a_place_to_look_outside_is_none(self):
        for url in "https://api.wavespeed.ai/../../together/x", "nowhere", "https://api.wavespeed.ai", "https://a/b%2e%2e/c":
            with self.subTest(url):
                self.setUp()
                with HubServer([ok({"data": {**TASK["data"], "urls": {"get": url}}})]) as server:
                    self.wave(server, {})
                self.assertEqual(self.outcomes(), {"maybe_billed": 1})
                self.assertEqual(server.paths("/together"), [])

    def test_results_that_are_no_picture(self):
        cases = {"404": ({"status": 404}, "HTTP 404"), "html": (ok(body_text="<html>sign in</html>"), "an HTML page"),
                 "cut": (ok(body_bytes=PNG[:60]), "cut")}
        for name, (reply, says) in cases.items():
            with self.subTest(name):
                self.setUp()
                with HubServer([ok(TASK)]) as server:
                    result = self.wave(server, {LOOK: [state("completed", server.url + "/lost.png")], "/lost.png": [reply]})
                self.assertEqual(result.code, 3, result.err)
                self.assertIn(says, self.only_failure()["message"])
                self.assertTrue(all("authorization" not in look.headers for look in server.looks if "lost" in look.path))

    def test_a_result_at_a_private_address_is_refused(self):
        with HubServer([ok(TASK)]) as server, HubServer([], {"/pic.png": ok(body_bytes=PNG)}) as other:
            result = self.wave(server, {LOOK: [state("completed", other.url.replace("http:", "https:") + "/pic.png")]})
        self.assertEqual(result.code, 3, result.err)
        self.assertIn("private addresses", self.only_failure()["message"])
        self.assertEqual(other.looks, [])

    def test_four_pictures_are_four_requests_with_four_seeds(self):
        with HubServer([task(f"t{k}") for k in range(4)]) as server:
            gets = {LOOK.replace("t1", f"t{k}"): [self.done(server)] for k in range(4)}
            result = self.wave(server, gets, n=4)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual([asked.json()["seed"] for asked in server.asked], [7, 8, 9, 10])
        self.assertEqual([record["seed"] for record in self.metadata()], [7, 8, 9, 10])

    def test_a_seed_that_is_too_large_is_folded_and_recorded(self):
        with HubServer([ok(TASK)]) as server:
            result = self.wave(server, {LOOK: [self.done(server)]}, rows=[{"prompt": "a fox", "seed": 2**40 + 5}])
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(server.asked[0].json()["seed"], 5)
        self.assertEqual(self.metadata()[0]["seed"], 5)

    def start(self, server, gets, n=1):
        """Writes the job, and starts it in the background."""
        server.gets = {HUB: [mapping(wavespeed="wave/flux")], "/pic.png": [ok(body_bytes=PNG)], **gets}
        self.write_job(self.simple_job(server, n), [{"prompt": "a fox", "seed": 7}])
        environment = {**self.clean_environment(), "PATH": "/usr/bin:/bin", "HF_TOKEN": "hf_test_token", "NO_COLOR": "1"}
        return subprocess.Popen([PICTOR, "run", "job.yaml"], cwd=self.dir, env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_a_kill_while_waiting_costs_nothing(self):
        with HubServer([ok(TASK)]) as server:
            process = self.start(server, {LOOK: [state("processing")]})
            self.assertTrue(server.looked.wait(60))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            result = self.wave(server, {LOOK: [self.done(server)]})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(server.asked), 1)
        self.assertEqual(self.outcomes(), {"ok": 1})

    def test_ctrl_c_twice_leaves_the_picture_with_the_provider(self):
        with HubServer([ok(TASK)]) as server:
            process = self.start(server, {LOOK: [state("processing")]})
            self.assertTrue(server.looked.wait(60))
            for _ in range(60):  # two signals at once are one
                process.send_signal(signal.SIGINT)
                try:
                    _, err = process.communicate(timeout=1)
                    break
                except subprocess.TimeoutExpired:
                    continue
            self.assertIn(b"interrupted: run the same command again", err)
            result = self.wave(server, {LOOK: [self.done(server)]})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(server.asked), 1)

    def test_a_kill_between_asking_and_the_ticket_is_told(self):
        """The second picture had left when the run died, and nobody knows its ticket."""
        with HubServer([ok(TASK), ok(TASK)]) as server:
            server.replies[1] = task("t2")
            real, arrived = server._answer, server.arrived

            def answer(handler, reply):
                if len(server.asked) == 2:
                    server.hold.clear()
                    arrived.set()
                    server.hold.wait(60)
                real(handler, reply)

            server._answer = answer
            arrived.clear()
            process = self.start(server, {LOOK: [self.done(server)]}, n=2)
            while len(server.asked) < 2:
                self.assertTrue(arrived.wait(60))
                arrived.clear()
            process.send_signal(signal.SIGKILL)
            process.communicate()
            server._answer = real
            server.hold.set()
            result = self.wave(server, {LOOK: [self.done(server)]}, n=2)
        self.assertEqual(len(server.asked), 2)
        self.assertEqual(self.outcomes(), {"ok": 1, "maybe_billed": 1}, result.err)


class Cancelling(HuggingFace):
    """fal-ai, which can be told to stop."""

    def fal(self, server, gets, **options):
        server.gets = {HUB: [mapping(fal_ai="fal-ai/flux/dev")], "/pic.png": [ok(body_bytes=PNG)], **gets}
        return self.simple(server, **options)

    def test_what_waits_too_long_is_cancelled(self):
        with HubServer([fal_task()]) as server:
            result = self.fal(server, {FAL + "/status": [ok({"status": "IN_QUEUE", "queue_position": 3})],
                                       FAL + "/cancel": [{"status": 202, "body": {"status": "CANCELLATION_REQUESTED"}}]},
                              load={"queue_timeout": 0.3})
        self.assertEqual(result.code, 3, result.err)
        self.assertEqual(self.outcomes(), {"transient": 1})
        self.assertIn("was cancelled", self.only_failure()["message"])
        (cancel,) = [look for look in server.looks if look.method == "PUT"]
        self.assertEqual(cancel.path, FAL + "/cancel?_subdomain=queue")

    def test_what_was_being_drawn_may_be_paid(self):
        with HubServer([fal_task()]) as server:
            self.fal(server, {FAL + "/status": [ok({"status": "IN_PROGRESS"})], FAL + "/cancel": [{"status": 202, "body": {}}]},
                     load={"queue_timeout": 0.3})
        self.assertEqual(self.outcomes(), {"maybe_billed": 1})

    def test_a_black_picture_is_filtered(self):
        with HubServer([fal_task()]) as server:
            picture = {"images": [{"url": server.url + "/pic.png"}], "has_nsfw_concepts": [True], "seed": 9}
            result = self.fal(server, {FAL + "/status": [ok({"status": "COMPLETED"})], FAL: [ok(picture)]})
        self.assertEqual(result.code, 5, result.err)
        self.assertEqual(self.outcomes(), {"filtered": 1})
        self.assertNotIn("/pic.png", server.paths())

    def test_the_seed_that_was_used_is_recorded(self):
        with HubServer([fal_task()]) as server:
            picture = {"images": [{"url": server.url + "/pic.png"}], "seed": 99}
            result = self.fal(server, {FAL + "/status": [ok({"status": "COMPLETED"})], FAL: [ok(picture)]})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.metadata()[0]["seed"], 99)

    def test_a_prompt_that_the_result_refuses(self):
        detail = [{"loc": ["body", "prompt"], "msg": "The content could not be processed", "type": "content_policy_violation"}]
        with HubServer([fal_task()]) as server:
            result = self.fal(server, {FAL + "/status": [ok({"status": "COMPLETED"})],
                                       FAL: [{"status": 422, "body": {"detail": detail}}]})
        self.assertEqual(result.code, 5, result.err)
        self.assertEqual(self.only_failure()["provider_code"], "content_policy_violation")

    def test_width_without_height(self):
        with HubServer([]) as server:
            result = self.fal(server, {}, kwargs={"width": 512}, load={"provider": "fal-ai"})
        self.assert_fails(result, 2, "prompts.jsonl:1", "width and height go together")
        self.assertEqual(server.asked, [])


if __name__ == "__main__":
    unittest.main()
