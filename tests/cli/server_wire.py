#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# server_wire.py SERVER: what reaches a server's port besides good requests, and that good clients are served all along.
import atexit
import contextlib
import os
import random
import resource
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

PATIENCE = 20  # seconds, for what takes none
FEW = 10  # files that the server may open meanwhile, of its database, and for the good client
GOOD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


class Server:
    """A server with a repository of one large file, and a client who goes on asking it."""

    def __init__(self, program, folder, *options):
        os.makedirs(folder + "/repository/metadata")
        self.large = random.Random(1).randbytes(4 << 20)
        with open(folder + "/repository/large", "wb") as out:
            out.write(self.large)
        self.log = folder + "/log"
        port_file = folder + "/port"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program, "--listen", "127.0.0.1:0", "--port-file", port_file, "--database", folder + "/fleet.db",
                 "--repository", folder + "/repository", "--connections", "1500", *options],
                stdout=subprocess.DEVNULL, stderr=log)
        # Also where a check fails.
        atexit.register(self.process.kill)
        while not os.path.exists(port_file) or not os.path.getsize(port_file):
            if self.process.poll() is not None:
                raise AssertionError("the server does not start: " + open(self.log, encoding="utf-8").read())
            time.sleep(0.02)
        with open(port_file, encoding="ascii") as text:
            self.port = int(text.read())
        self.context = None
        self.served = 0
        self.failed = None
        self.ending = False

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def connect_well(self):
        plain = self.connect()
        return self.context.wrap_socket(plain, server_hostname="127.0.0.1") if self.context else plain

    def ask_on(self):
        """Kept and new connections in turn, without a pause."""
        try:
            while not self.ending:
                with self.connect_well() as client:
                    for _ in range(20):
                        client.sendall(GOOD)
                        status, _ = read_answer(client)
                        assert status == 200, status
                        self.served += 1
        except (OSError, AssertionError) as problem:
            self.failed = problem

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    @contextlib.contextmanager
    def asked_all_along(self):
        good = threading.Thread(target=self.ask_on)
        good.start()
        try:
            yield
            # What went on so far, and once more with all of it behind.
            before = self.served
            until(lambda: self.failed or self.served > before + 40)
        finally:
            self.ending = True
            good.join()
        assert not self.failed, f"a good client was not served: {self.failed}"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, "the server did not end well"


def until(true):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


def read_answer(client, kept=b""):
    """Status and body; what came behind them is lost, unless kept is a bytearray."""
    data = kept if isinstance(kept, bytearray) else bytearray()
    while b"\r\n\r\n" not in data:
        more = client.recv(65536)
        if not more:
            raise AssertionError(f"the server closed the connection after {bytes(data[:80])}")
        data += more
    head, _, _ = bytes(data).partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    end = len(head) + 4 + length
    while len(data) < end:
        more = client.recv(65536)
        if not more:
            raise AssertionError("the server closed the connection within a body")
        data += more
    body = bytes(data[len(head) + 4:end])
    del data[:end]
    return int(head.split(b" ")[1]), body


def answer_to(server, request):
    """The status, 0 where the server closed without a word."""
    with server.connect() as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
        data = b""
        with contextlib.suppress(ConnectionResetError):
            while more := client.recv(65536):
                data += more
        return int(data.split(b" ")[1]) if data.startswith(b"HTTP/1.1 ") else 0


def reset(client):
    """Goes without a word: what is unsent is lost, and the other end hears of it by an error."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def post(length, rest=b""):
    return (b"POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % length) + rest


def refuses_what_is_too_much(server):
    header = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
    for request, status in [
        (header + b"X: " + b"a" * 20000 + b"\r\n\r\n", 431),
        (header + b"".join(b"X-%d: y\r\n" % i for i in range(3000)) + b"\r\n", 431),
        (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (post(2 << 20, b"x" * (2 << 20)), 413),
        (post(1 << 62), 413),
        (post(70000, b"x" * 70000), 413),
        (b"POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
         (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 20, 413),
    ]:
        got = answer_to(server, request)
        assert got == status, f"{request[:60]}: {got} instead of {status}"


def refuses_what_is_malformed(server):
    corpus = [
        b"\x00" * 100, b"\xff" * 100, b"\r\n\r\n", b" \r\n\r\n", b"GET\r\n\r\n", b"GET / \r\n\r\n", b"GET /healthz\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n", b"GET /healthz HTTP/1.1 \r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\nHost: x\n\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost x\r\n\r\n", b"GET /healthz HTTP/1.1\r\n: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHo st: x\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
        b"GET /heal\x00thz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
        b"POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}{}",
        b"POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
        b"POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
        b"GET /repository/../fleet.db HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /repository/%2e%2e/fleet.db HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /repository//etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        post(4, b"null"), post(2, b"{}"), post(5, b"[[[[["), post(3, b"\xff\xfe\x00"),
        post(60000, b"[" * 60000), post(60000, b'{"a":' * 12000),
    ]
    for request in corpus:
        got = answer_to(server, request)
        assert got == 0 or 400 <= got < 500, f"{request[:80]}: {got}"
    # One byte of a good request changed, cut off or added.
    numbers = random.Random(7)
    for _ in range(300):
        request = bytearray(post(2, b"{}") if numbers.random() < 0.5 else GOOD)
        at = numbers.randrange(len(request))
        change = numbers.randrange(3)
        request[at:at + (change > 0)] = b"" if change == 1 else bytes([numbers.randrange(256)])
        got = answer_to(server, bytes(request))
        assert got < 500, f"{bytes(request)}: {got}"


def answers_what_comes_in_a_row(server):
    with server.connect() as client:
        client.sendall((GOOD + b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + post(2, b"{}")) * 50)
        kept = bytearray()
        got = [read_answer(client, kept)[0] for _ in range(150)]
        assert got == [200, 404, 400] * 50, got
        assert not kept


def answers_who_says_no_more(server):
    for _ in range(20):
        assert answer_to(server, GOOD) == 200
    with server.connect() as client:
        client.sendall(b"GET /repository/large HTTP/1.1\r\nHost: x\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert read_answer(client) == (200, server.large)


def forgets_who_vanishes(server):
    before = server.files()
    for i in range(300):
        client = server.connect()
        client.sendall([GOOD[:10], GOOD, post(100, b"{"), post(100), b"GET /repository/large HTTP/1.1\r\nHost: x\r\n\r\n",
                        b"GET /api/v1/wake?after=0123456789abcdef HTTP/1.1\r\nHost: x\r\n\r\n"][i % 6])
        if i % 12 == 4:
            client.recv(1000)
        if i % 2:
            reset(client)
        else:
            client.close()
    until(lambda: server.files() <= before + FEW)


def bears_the_slow_and_the_idle(server):
    """While hundreds say a byte now and then, and hundreds nothing."""
    before = server.files()
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(300)]
        for i, client in enumerate(slow):
            if i % 2:
                client.sendall(post(100))
        for _ in range(1000):
            stack.enter_context(server.connect())
        until(lambda: server.files() >= before + 1300 - FEW)
        for at in range(20):
            for i, client in enumerate(slow):
                client.sendall(b"{" if i % 2 else GOOD[at:at + 1])
            time.sleep(0.05)
        # None of them was answered or sent away.
        for client in slow[:10]:
            client.setblocking(False)
            try:
                raise AssertionError(f"a slow client was told {client.recv(100)}")
            except BlockingIOError:
                pass
    until(lambda: server.files() <= before + FEW)


def says_when_it_is_full(server):
    before = server.files()
    with contextlib.ExitStack() as stack:
        for _ in range(1500):
            stack.enter_context(server.connect())
        until(lambda: answer_to(server, b"") == 503)
    until(lambda: server.files() <= before + FEW)
    until(lambda: answer_to(server, GOOD) == 200)


def closes_on_what_is_no_tls(server):
    before = server.files()
    assert answer_to(server, GOOD) == 400, "plain HTTP is told so"
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello = server.context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with contextlib.suppress(ssl.SSLWantReadError):
        hello.do_handshake()
    hello = outgoing.read()
    numbers = random.Random(3)
    for i in range(200):
        damaged = bytearray(hello)
        damaged[numbers.randrange(5, len(damaged))] ^= 1 << numbers.randrange(8)
        with server.connect() as client, contextlib.suppress(OSError):
            client.sendall([bytes(damaged), hello[:numbers.randrange(1, len(hello))], b"\x16\x03\x01\xff\xff" + b"a" * 600,
                            b"\x16" + numbers.randbytes(300)][i % 4])
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
    with contextlib.ExitStack() as stack:
        for i in range(400):
            client = stack.enter_context(server.connect())
            client.sendall(hello[:i % 200 + 1])
        time.sleep(0.2)
    # Within a connection that has begun well.
    for _ in range(20):
        client = server.connect_well()
        client.sendall(GOOD)
        assert read_answer(client)[0] == 200
        bare = socket.socket(fileno=client.detach())
        with contextlib.suppress(OSError):
            bare.sendall(b"\x17\x03\x03\x00\x20" + numbers.randbytes(32))
            while bare.recv(65536):
                pass
        bare.close()
    until(lambda: server.files() <= before + FEW)


def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    program = os.path.realpath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, folder + "/plain")
        with server.asked_all_along():
            for check in (refuses_what_is_too_much, refuses_what_is_malformed, answers_what_comes_in_a_row,
                          answers_who_says_no_more, forgets_who_vanishes, bears_the_slow_and_the_idle):
                check(server)
        server.failed, server.ending = None, False
        says_when_it_is_full(server)
        server.stop()

        os.makedirs(folder + "/tls")
        certificate, key = folder + "/tls/crt", folder + "/tls/key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=wire", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                        "-out", certificate], check=True, capture_output=True)
        os.chmod(key, 0o600)
        server = Server(program, folder + "/tls", "--tls-certificate", certificate, "--tls-key", key)
        server.context = ssl.create_default_context(cafile=certificate)
        with server.asked_all_along():
            closes_on_what_is_no_tls(server)
        server.stop()
        for log in (folder + "/plain/log", folder + "/tls/log"):
            with open(log, encoding="utf-8", errors="replace") as text:
                assert "a connection ended with" not in text.read(), f"{log} tells of an exception"


main()
