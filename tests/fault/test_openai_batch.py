"""The openai plugin's batch lane, against a Batch API that counts what it drew."""

import signal
import subprocess
import unittest

from batch_server import BatchServer
from test_openai import PICTURE, OpenAi
from workspace import PICTOR

QUICK = {"lane": "batch", "batch_gather": 0.2, "batch_poll": 0.05}


def rows(count):
    return [{"prompt": f"fox {i}"} for i in range(count)]


class BatchLane(OpenAi):
    def batch(self, server, count=6, load=None, **options):
        return self.simple(server, rows(count), load={**QUICK, "limits": {"concurrency": 1000}, **(load or {})}, **options)

    def start(self, server, count=6):
        """Writes the job, and starts it in the background."""
        self.batch(server, count, arguments=("--dry-run",))
        environment = {"PATH": "/usr/bin:/bin", "OPENAI_API_KEY": "sk-test-key", "NO_COLOR": "1"}
        return subprocess.Popen([PICTOR, "run", "job.yaml"], cwd=self.dir, env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def assert_drawn_once(self, server, count):
        self.assertEqual(server.drawn, {f"fox {i}": 1 for i in range(count)})
        self.assertEqual(self.outcomes(), {"ok": count})

    def test_rows_go_as_files_and_come_back(self):
        with BatchServer(PICTURE) as server:
            result = self.batch(server, 25, {"batch_size": 10})
        self.assertEqual(result.code, 0, result.err)
        self.assert_drawn_once(server, 25)
        self.assertEqual(sorted(len(server.lines(batch)) for batch in server.batches.values()), [5, 10, 10])
        self.assertEqual(server.direct, [])
        line = server.lines(server.batches["batch_1"])[0]
        self.assertEqual(line["url"], "/v1/images/generations")
        self.assertEqual(line["body"]["model"], "gpt-image-2")
        records = self.metadata()
        self.assertEqual({record["output_tokens"] for record in records}, {1056})
        self.assertTrue(all(record["provider_request_id"].startswith("req_row-") for record in records), records[0])

    def test_several_pictures_of_a_row_are_one_line(self):
        with BatchServer(PICTURE) as server:
            result = self.batch(server, 2, n=3)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.outcomes(), {"ok": 6})
        self.assertEqual([line["body"]["n"] for line in server.lines(server.batches["batch_1"])], [3, 3])

    def test_what_expired_goes_into_the_next_batch(self):
        with BatchServer(PICTURE) as server:
            server.expire = {"fox 1", "fox 4"}
            result = self.batch(server)
        self.assertEqual(result.code, 0, result.err)
        self.assert_drawn_once(server, 6)
        self.assertEqual([len(server.lines(batch)) for batch in server.batches.values()], [6, 2])

    def test_what_expired_goes_directly_where_that_is_wished(self):
        with BatchServer(PICTURE) as server:
            server.expire = {"fox 1", "fox 4"}
            result = self.batch(server, load={"batch_resend": "realtime"})
        self.assertEqual(result.code, 0, result.err)
        self.assert_drawn_once(server, 6)
        self.assertEqual(sorted(body["prompt"] for body in server.direct), ["fox 1", "fox 4"])

    def test_a_creation_that_was_not_answered_is_looked_for(self):
        with BatchServer(PICTURE) as server:
            server.lose_creations = 1
            result = self.batch(server)
        self.assertEqual(result.code, 0, result.err)
        self.assert_drawn_once(server, 6)
        self.assertEqual(server.asked["POST /v1/batches"], 1)

    def test_a_download_that_is_cut_is_begun_again(self):
        with BatchServer(PICTURE) as server:
            server.cut_output = 2
            result = self.batch(server)
        self.assertEqual(result.code, 0, result.err)
        self.assert_drawn_once(server, 6)
        self.assertEqual(server.asked["GET /v1/files/ID/content"], 3)

    def test_lines_that_failed_keep_their_reason(self):
        blocked = {"error": {"message": "no", "type": "image_generation_user_error", "code": "moderation_blocked",
                             "param": None}}
        with BatchServer(PICTURE) as server:
            server.answers = {"fox 2": (400, blocked)}
            result = self.batch(server)
        self.assertEqual(result.code, 5, result.err)
        self.assertEqual(self.outcomes(), {"ok": 5, "refused": 1})
        (failure,) = self.failures()
        self.assertEqual(failure["provider_code"], "moderation_blocked")

    def test_a_refused_batch_is_no_picture_and_no_payment(self):
        with BatchServer(PICTURE) as server:
            server.refuse = {"code": "invalid_json_line", "message": "This line is not parseable as valid JSON."}
            result = self.batch(server)
        self.assertEqual(result.code, 3, result.err)
        self.assertEqual(self.outcomes(), {"invalid": 6})
        self.assertIn("not parseable", self.failures()[0]["message"])

    def test_a_kill_costs_nothing(self):
        with BatchServer(PICTURE) as server:
            server.hold = True
            process = self.start(server)
            self.assertTrue(server.created.wait(60))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            server.hold = False
            result = self.batch(server)
        self.assertEqual(result.code, 0, result.err)
        self.assert_drawn_once(server, 6)
        self.assertEqual(server.asked["POST /v1/batches"], 1)

    def test_a_kill_before_the_creation_was_answered_costs_nothing(self):
        with BatchServer(PICTURE) as server:
            for _ in range(4):  # older batches, so that the list has pages
                server.create({"input_file_id": server.keep(b""), "endpoint": "/v1/images/generations",
                                "completion_window": "24h"})
            server.created.clear()
            server.lose_creations = 1
            server.hold = True
            process = self.start(server)
            self.assertTrue(server.created.wait(60))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            server.hold = False
            result = self.batch(server)
        self.assertEqual(result.code, 0, result.err)
        self.assert_drawn_once(server, 6)
        self.assertEqual(server.asked["POST /v1/batches"], 1)

    def test_ctrl_c_leaves_the_batch_with_the_provider(self):
        with BatchServer(PICTURE) as server:
            server.hold = True
            process = self.start(server)
            self.assertTrue(server.created.wait(60))
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130, err)
            server.hold = False
            result = self.batch(server)
        self.assertEqual(result.code, 0, result.err)
        self.assert_drawn_once(server, 6)
        self.assertEqual(server.asked["POST /v1/batches"], 1)

    def test_azure_has_no_batches_of_pictures(self):
        with BatchServer(PICTURE) as server:
            result = self.batch(server, load={"api": "azure", "azure_endpoint": server.url, "api_version": "1",
                                              "azure_api_key": "${OPENAI_API_KEY}"})
        self.assertEqual(result.code, 2, result.err)
        self.assertIn("lane", result.err)


if __name__ == "__main__":
    unittest.main()
