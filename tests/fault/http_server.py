#!/usr/bin/env python3
"""An HTTP server on 127.0.0.1 that misbehaves as the path says, on raw sockets.

Usage: http_server.py [--tls CERTIFICATE KEY]     prints its port, serves until it is killed

In a test: `with Server() as server: ... server.url("/half-body") ... server.requests`. A path may carry a query:
numbers that its handler takes.
"""

import argparse
import gzip
import itertools
import json
import socket
import ssl
import struct
import threading
import urllib.parse
import zlib

PNG = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xfc\xcf\xc0P\x0f\0\4"
       b"\x85\1\x80\x84\xa9\x8c!\0\0\0\0IEND\xaeB`\x82")
BLOCK = b"x" * (1 << 20)


class Request:
    def __init__(self, line, headers, body):
        self.method, target, _ = line.split(" ", 2)
        self.path, _, query = target.partition("?")
        self.query = dict(urllib.parse.parse_qsl(query))
        self.headers = headers
        self.body = body

    def number(self, name, default):
        return int(self.query.get(name, default))


class Server:
    """Answers every connection on a thread of its own."""

    def __init__(self, certificate=None, key=None):
        self.requests = []
        self.scheme = "https" if certificate else "http"
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate, key)
        self.ended = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.listener.close()

    def url(self, path, host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def accept(self):
        while not self.ended.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            while self.answer_next(connection):
                pass
        except (OSError, ValueError):
            pass  # the client went away: that is what is tested
        finally:
            connection.close()

    def answer_next(self, connection):
        """Reads a request and answers it. False: the connection is to be closed."""
        received = b""
        while b"\r\n\r\n" not in received:
            more = connection.recv(65536)
            if not more:
                return False
            received += more
        head, _, body = received.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        request = Request(line, headers, body)
        handler = HANDLERS[request.path]
        if handler not in (reset_during_upload, unread):
            size = int(headers.get("content-length", 0))
            while len(request.body) < size:
                more = connection.recv(1 << 20)
                if not more:
                    return False
                request.body += more
        self.requests.append(request)
        return handler(self, connection, request) is True


def head(status=200, **headers):
    lines = [f"HTTP/1.1 {status} Words"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def reset(connection):
    """Ends the connection with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drip(server, connection, content):
    """One byte each 20 ms, for ever."""
    for byte in itertools.cycle(content):
        if server.ended.wait(0.02):
            return
        connection.sendall(bytes([byte]))


def ok(server, connection, request):
    """?status, and `echo` in the answer: what the server received."""
    echo = json.dumps({"method": request.method, "headers": request.headers, "size": len(request.body)}).encode()
    connection.sendall(head(request.number("status", 200), Content_Length=len(echo), X_Request_Id="req_1") + echo)
    return True


def slow_head(server, connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    drip(server, connection, b"X-More: and more\r\n")


def slow_body(server, connection, request):
    connection.sendall(head(Content_Length=1 << 20))
    drip(server, connection, b"x")


def silent(server, connection, request):
    """?begin=1: after a head and one byte."""
    if request.number("begin", 0):
        connection.sendall(head(Content_Length=1000) + b"x")
    server.ended.wait()


def half_body(server, connection, request):
    connection.sendall(head(Content_Length=1000) + b"x" * 500)


def small_length(server, connection, request):
    connection.sendall(head(Content_Length=10) + b"0123456789and much more")


def large(server, connection, request):
    """?mib; announced or chunked."""
    size = request.number("mib", 1024)
    if request.number("announced", 0):
        connection.sendall(head(Content_Length=size << 20))
        for _ in range(size):
            connection.sendall(BLOCK)
    else:
        connection.sendall(head(Transfer_Encoding="chunked"))
        for _ in range(size):
            connection.sendall(b"100000\r\n" + BLOCK + b"\r\n")
        connection.sendall(b"0\r\n\r\n")


def gzip_bomb(server, connection, request):
    """A GiB in a MiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(BLOCK) for _ in range(1024)) + packer.flush()
    connection.sendall(head(Content_Encoding="gzip", Content_Length=len(bomb)) + bomb)
    return True


def gzipped(server, connection, request):
    content = gzip.compress(b"plain words")
    if request.number("broken", 0):
        content = content[:-6] + b"broken"
    content *= request.number("members", 1)
    connection.sendall(head(Content_Encoding="gzip", Content_Length=len(content)) + content)
    return True


def broken_chunks(server, connection, request):
    connection.sendall(head(Transfer_Encoding="chunked") + b"5\r\nhello\r\nzz\r\nworld\r\n")


def no_http(server, connection, request):
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


def giant_header(server, connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Giant: " + BLOCK * 8 + b"\r\n\r\n")


def endless_headers(server, connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        connection.sendall(b"X-%d: more\r\n" % number * 100)


def reset_before_head(server, connection, request):
    reset(connection)


def reset_in_head(server, connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
    reset(connection)


def reset_in_body(server, connection, request):
    connection.sendall(head(Content_Length=1000, X_Request_Id="req_1") + b"x" * 500)
    server.ended.wait(0.1)  # a reset may overtake what was sent
    reset(connection)


def reset_during_upload(server, connection, request):
    reset(connection)


def unread(server, connection, request):
    """Takes no byte of the body that is not in the socket's buffers yet."""
    server.ended.wait()


def reset_second(server, connection, request):
    """Answers the first request of a connection, and breaks it when the second has come."""
    if getattr(server, "answered_once", False):
        return reset(connection)
    server.answered_once = True
    return ok(server, connection, request)


def redirect(server, connection, request):
    """?to=URL, ?status"""
    connection.sendall(head(request.number("status", 307), Location=request.query["to"], Content_Length=4) + b"moved"[:4])
    return True


def redirect_loop(server, connection, request):
    connection.sendall(head(302, Location=request.path, Content_Length=0))
    return True


def picture(server, connection, request):
    """?cut=N: without the last N bytes; ?fails=N: 503 so many times before."""
    count = sum(past.path == request.path for past in server.requests)
    if count <= request.number("fails", 0):
        connection.sendall(head(503, Content_Length=0, Retry_After="0"))
        return True
    content = PNG[:len(PNG) - request.number("cut", 0)]
    connection.sendall(head(Content_Type="image/png", Content_Length=len(content)) + content)
    return True


def page(server, connection, request):
    content = b"<!DOCTYPE html><title>Sign in</title>"
    connection.sendall(head(Content_Type="text/html", Content_Length=len(content)) + content)
    return True


HANDLERS = {"/" + handler.__name__.replace("_", "-"): handler for handler in (
    ok, slow_head, slow_body, silent, half_body, small_length, large, gzip_bomb, gzipped, broken_chunks, no_http,
    giant_header, endless_headers, reset_before_head, reset_in_head, reset_in_body, reset_during_upload, unread, reset_second,
    redirect, redirect_loop, picture, page)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"), default=(None, None))
    with Server(*parser.parse_args().tls) as server:
        print(server.port, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
