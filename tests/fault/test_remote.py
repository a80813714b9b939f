"""The HTTP plugins' client against servers that misbehave: every end has its kind, says whether the request was sent,
and takes a bounded amount of memory."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from http_server import Server

PROBE = pathlib.Path(os.environ["PICTOR_BUILD"]) / "bin/remote_probe"
SANITIZED = "PICTOR_SANITIZED" in os.environ
PROTOCOL = 13  # PICTOR_PROTOCOL
UNAVAILABLE = 12


class RemoteTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.__exit__)

    def probe(self, url, env=None, **options):
        """All results of one run of the probe; its memory is checked, a hang fails the test."""
        if url.startswith("/"):
            url = self.server.url(url)
        words = [f"url={url}"] + [f"{key}={value}" for key, value in options.items()]
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        process = subprocess.run([PROBE, *words], capture_output=True, timeout=60, env={**environment, **(env or {})})
        self.assertEqual(process.returncode, 0, process.stderr.decode("utf-8", "replace"))
        *results, usage = [json.loads(line) for line in process.stdout.splitlines()]
        if not SANITIZED:
            self.assertLess(usage["peak_mib"], 200)
        return results

    def one(self, url, **options):
        results = self.probe(url, **options)
        self.assertEqual(len(results), 1)
        return results[0]

    def assert_fails(self, result, kind, sent):
        self.assertEqual((result["kind"], result["sent"]), (kind, sent), result)

    def asked(self, path):
        return sum(request.path == path for request in self.server.requests)


class TestAnswers(RemoteTest):
    def test_what_is_sent(self):
        result = self.one("/ok", body=3, secret="KEY:sk-123")
        self.assertEqual((result["kind"], result["status"]), ("answer", 200))
        request = self.server.requests[0]
        self.assertEqual((request.method, request.body), ("POST", b"bbb"))
        self.assertEqual(request.headers["authorization"], "Bearer sk-123")
        self.assertEqual(request.headers["user-agent"], "pictor-test")
        self.assertIn("gzip", request.headers["accept-encoding"])
        for name in ("expect", "content-type", "transfer-encoding"):
            self.assertNotIn(name, request.headers)

    def test_a_large_body(self):
        self.one("/ok", body=20 << 20)
        self.assertEqual(len(self.server.requests[0].body), 20 << 20)

    def test_an_error_status_is_an_answer(self):
        self.assertEqual(self.one("/ok?status=503", body=1)["status"], 503)

    def test_gzip(self):
        self.assertEqual(self.one("/gzipped")["body"], "plain words")
        self.assert_fails(self.one("/gzipped?broken=1", body=1), "undecodable", True)
        self.assert_fails(self.one("/gzipped?members=2", body=1), "undecodable", True)

    def test_many_at_once(self):
        results = self.probe("/ok", body=100, count=100)
        self.assertEqual([result["kind"] for result in results], ["answer"] * 100)

    def test_a_secret_that_is_missing_or_broken(self):
        self.assert_fails(self.one("/ok", body=1, secret="KEY"), "no_secret", False)
        result = self.one("/ok", body=1, secret="KEY:sk-123\nX-Other: 1")
        self.assert_fails(result, "no_secret", False)
        self.assertNotIn("sk-123", result["message"])
        self.assertEqual(self.server.requests, [])


class TestSlowness(RemoteTest):
    def test_slow_head(self):
        self.assert_fails(self.one("/slow-head", body=1, timeout=500), "timeout", True)

    def test_slow_body(self):
        result = self.one("/slow-body", body=1, timeout=500, silence=400)
        self.assert_fails(result, "timeout", True)
        self.assertIn("whole answer", result["message"])
        self.assertEqual(result["status"], 200)

    def test_silence(self):
        for path in ("/silent", "/silent?begin=1"):
            result = self.one(path, body=1, silence=300)
            self.assert_fails(result, "timeout", True)
            self.assertIn("nothing came", result["message"])


    def test_a_body_that_nobody_reads(self):
        self.assert_fails(self.one("/unread", body=50 << 20, timeout=500), "timeout", False)
        self.assert_fails(self.one("/unread", body=50 << 20, silence=300), "timeout", False)

    def test_a_host_that_does_not_answer(self):
        # 192.0.2.0/24 is for documentation: nobody answers, or a router says so at once.
        result = self.one("http://192.0.2.1/", body=1, connect_timeout=300)
        self.assertIn(result["kind"], ("timeout", "connect"))
        self.assertFalse(result["sent"])


class TestLengths(RemoteTest):
    def test_half_a_body(self):
        result = self.one("/half-body", body=1)
        self.assert_fails(result, "reset", True)
        self.assertEqual(result["status"], 200)

    def test_a_length_that_is_too_small(self):
        self.assertEqual(self.one("/small-length", body=1)["size"], 10)

    def test_a_gibibyte(self):
        for announced in (0, 1):
            result = self.one(f"/large?announced={announced}", body=1, max_bytes=32 << 20)
            self.assert_fails(result, "too_large", True)

    def test_a_gzip_bomb(self):
        self.assert_fails(self.one("/gzip-bomb", body=1, max_bytes=32 << 20), "too_large", True)

    def test_giant_headers(self):
        for path in ("/giant-header", "/endless-headers"):
            self.assert_fails(self.one(path, body=1), "too_large", True)

    def test_broken_chunks(self):
        self.assert_fails(self.one("/broken-chunks", body=1), "undecodable", True)

    def test_no_http(self):
        self.assert_fails(self.one("/no-http", body=1), "undecodable", True)


class TestBrokenConnections(RemoteTest):
    def test_after_the_request(self):
        for path in ("/reset-before-head", "/reset-in-head", "/reset-in-body"):
            self.assert_fails(self.one(path, body=1), "reset", True)

    def test_the_head_that_came_is_told(self):
        result = self.one("/reset-in-body", body=1)
        self.assertEqual((result["status"], result["request_id"]), (200, "req_1"))

    def test_during_the_upload(self):
        self.assert_fails(self.one("/reset-during-upload", body=50 << 20), "reset", False)

    def test_a_request_leaves_once_over_a_kept_connection(self):
        first, second = self.probe("/reset-second", body=1, repeat=2)
        self.assertEqual(first["kind"], "answer")
        self.assert_fails(second, "reset", True)
        self.assertEqual(self.asked("/reset-second"), 2)

    def test_cancelled_in_flight(self):
        for stop in ("cancel", "refuse", "end"):
            results = self.probe("/silent?begin=1", body=1, count=20, stop=stop)
            self.assertEqual(len(results), 20)
            for result in results:
                self.assert_fails(result, "cancelled", True)


class TestRedirects(RemoteTest):
    def test_none_is_followed_unasked(self):
        self.assertEqual(self.one("/redirect?to=/ok", body=1)["status"], 307)

    def test_within_the_origin(self):
        result = self.one("/redirect?to=/ok", body=3, redirects=1, secret="KEY:sk-123")
        self.assertEqual(result["status"], 200)
        request = self.server.requests[1]
        self.assertEqual((request.method, request.body), ("POST", b"bbb"))
        self.assertEqual(request.headers["authorization"], "Bearer sk-123")

    def test_303_is_asked_with_get(self):
        self.assertEqual(self.one("/redirect?status=303&to=/ok", body=3, redirects=1)["status"], 200)
        request = self.server.requests[1]
        self.assertEqual((request.method, request.body), ("GET", b""))

    def test_a_loop(self):
        self.assert_fails(self.one("/redirect-loop", redirects=5), "redirects", True)
        self.assertEqual(self.asked("/redirect-loop"), 6)

    def test_another_origin_never_sees_the_secret(self):
        with Server() as other:
            for url in (other.url("/ok"), self.server.url("/ok", host="localhost"), "file:///etc/passwd"):
                result = self.one(f"/redirect?to={url}", body=1, redirects=5, secret="KEY:sk-123")
                self.assert_fails(result, "redirects", True)
            self.assertEqual(other.requests, [])
        self.assertEqual(self.asked("/ok"), 0)


class TestTrust(RemoteTest):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="pictor-tls-"))
        cls.addClassCleanup(shutil.rmtree, cls.dir, ignore_errors=True)
        cls.certificate, cls.key = cls.dir / "certificate.pem", cls.dir / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", cls.key, "-out", cls.certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost"], check=True, capture_output=True)

    def test_tls(self):
        with Server(self.certificate, self.key) as server:
            url = server.url("/ok", host="localhost")
            self.assertEqual(self.one(url, body=1, ca=self.certificate)["kind"], "answer")
            self.assert_fails(self.one(url, body=1), "tls", False)
            self.assert_fails(self.one(server.url("/ok"), body=1, ca=self.certificate), "tls", False)
            self.assertEqual(len(server.requests), 1)

    def test_no_tls_over_there(self):
        url = self.server.url("/ok").replace("http:", "https:")
        self.assertFalse(self.one(url, body=1)["sent"])


class TestDownloads(RemoteTest):
    def download(self, path, **options):
        return self.one(path, download=1, **{"private": 1, "http": 1, **options})

    def assert_lost(self, result, status, *texts):
        self.assertEqual((result["kind"], result["billed"], result["status"]), ("error", True, status), result)
        for text in texts:
            self.assertIn(text, result["message"])

    def test_a_picture(self):
        self.assertEqual(self.download("/picture")["type"], "image/png")
        self.assertNotIn("authorization", self.server.requests[0].headers)

    def test_it_is_tried_again(self):
        self.assertEqual(self.download("/picture?fails=2", attempts=3)["kind"], "picture")
        self.assert_lost(self.download("/picture?fails=9", attempts=2), UNAVAILABLE, "HTTP 503")

    def test_what_is_no_picture(self):
        self.assert_lost(self.download("/picture?cut=5", attempts=2), PROTOCOL, "is cut")
        self.assertEqual(self.asked("/picture"), 2)
        self.assert_lost(self.download("/page"), PROTOCOL, "HTML page", "Sign in")
        self.assert_lost(self.download("/large", max_bytes=1 << 20), PROTOCOL)

    def test_what_is_gone_is_asked_for_once(self):
        for status in (401, 403, 404, 410):
            self.assert_lost(self.download(f"/ok?status={status}", attempts=3), PROTOCOL, f"HTTP {status}")
        self.assertEqual(self.asked("/ok"), 4)

    def test_redirects(self):
        self.assertEqual(self.download("/redirect?to=/picture")["kind"], "picture")
        with Server() as other:
            self.assertEqual(self.download(f"/redirect?to={other.url('/picture')}")["kind"], "picture")
        self.assert_lost(self.download("/redirect-loop", attempts=3), PROTOCOL, "more than 5 times")
        self.assertEqual(self.asked("/redirect-loop"), 6)
        self.assert_lost(self.download("/redirect?to=file:///etc/passwd"), PROTOCOL)

    def test_private_addresses(self):
        for url in (self.server.url("/picture"), self.server.url("/picture", host="localhost")):
            self.assert_lost(self.one(url, download=1, http=1), PROTOCOL, "not public")
        self.assertEqual(self.server.requests, [])

    def test_a_kept_connection_to_a_private_address(self):
        first, second = self.probe("/ok", repeat=2, public=2)
        self.assertEqual(first["kind"], "answer")
        self.assert_fails(second, "refused_address", False)
        self.assertEqual(self.asked("/ok"), 1)

    def test_plain_http(self):
        self.assert_lost(self.one("/picture", download=1, private=1), PROTOCOL, "plain http")
        self.assertEqual(self.server.requests, [])

    def test_through_a_proxy_names_are_checked(self):
        with Server() as proxy:
            for url in ("http://10.0.0.1/picture", "http://localhost/picture", "http://metadata.google.internal/"):
                result = self.one(url, download=1, http=1, proxy=proxy.url(""))
                self.assert_lost(result, PROTOCOL, "no public host")
            self.assertEqual(proxy.requests, [])


if __name__ == "__main__":
    unittest.main()
