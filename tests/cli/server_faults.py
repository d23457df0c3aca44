#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What becomes of a fleet when the server, its disk, its clock or its database fail: with real processes.

usage: server_faults.py SUTURE-SERVER

On SQLite; or, where scripts/postgresql.sh runs it, on that PostgreSQL server."""

import concurrent.futures
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = sys.argv[1]
POSTGRESQL = os.environ.get("SUTURE_TEST_POSTGRESQL", "")
PATIENCE = 60  # seconds for what must happen some time; only a failing test waits that long
TOKEN = "a token for an operator's calls"


def check(holds, message):
    if not holds:
        raise AssertionError(message)


def until(holds, message):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = holds()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(message)


def report(number, level=1):
    return {
        "format": 1, "host_id": f"{number:032x}", "hostname": f"web{number}", "agent": "sutured 0.1.0",
        "boot_id": "6f3c2f0e-0000-4000-8000-000000000000", "uptime_seconds": 123, "release": "6.1.0-47-cloud-amd64",
        "architecture": "x86_64", "build_id": "0123456789" * 4, "state": "applied", "level": level, "engine": "klp",
        "channel": "stable", "cves": ["CVE-2026-53249"], "changed_at": "2026-11-24T10:00:00Z",
        "checked_at": "2026-11-24T10:00:00Z", "error": None,
    }


class Server:
    def __init__(self, work, database, *options, prefix=(), environment=None):
        port_file = tempfile.mktemp(dir=work)
        token_file = os.path.join(work, "wake-token")
        with open(token_file, "w", encoding="utf-8") as file:
            file.write(TOKEN.replace(" ", "-"))
        command = [*prefix, PROGRAM, "--listen", "127.0.0.1:0", "--database", database, "--port-file", port_file,
                   "--wake-token-file", token_file, "--log-level", "warning", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})})

        def port():
            check(self.process.poll() is None, f"the server ended with {self.process.poll()}")
            try:
                with open(port_file, encoding="utf-8") as file:
                    return int(file.read() or 0)
            except FileNotFoundError:
                return 0

        self.port = until(port, "the server does not start")

    def ask(self, method, path, body=None, token=None, connection=None):
        """The status, and the answer as JSON. Status 0: there was none."""
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = "Bearer " + token
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        except (OSError, http.client.HTTPException):
            connection.close()
            return 0, None

    def post(self, number, level=1, connection=None):
        return self.ask("POST", "/api/v1/reports", report(number, level), connection=connection)[0]

    def hosts(self):
        found, after = {}, ""
        while True:
            status, page = self.ask("GET", f"/api/v1/hosts?limit=1000{after}")
            check(status == 200, f"the hosts are answered with {status}")
            found.update({host["host_id"]: host["level"] for host in page["hosts"]})
            if page["next"] is None:
                return found
            after = "&after=" + page["next"]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        check(self.process.wait(PATIENCE) == 0, "the server did not end well")


class Stream:
    """Reports of many hosts from many threads, one after the other; each host's level rises with each report.
    What was accepted is remembered."""

    THREADS = 4

    def __init__(self, servers, first):
        self.accepted, self.tried = {}, {}
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(servers[i % len(servers)], first + i * 100))
                        for i in range(self.THREADS)]
        for thread in self.threads:
            thread.start()

    def run(self, server, first):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        count = 0
        while not self.ended.is_set() and server.process.poll() is None:
            number, level = first + count % 50, 1 + count // 50
            host = f"{number:032x}"
            self.tried[host] = level
            status = server.post(number, level, connection)
            if status == 202:
                self.accepted[host] = level
            count += 1

    def total(self):
        return sum(self.accepted.values())

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def check_in(self, known, what):
        for host, level in self.accepted.items():
            check(host in known, f"{what}: the report of {host} was accepted and is lost")
            check(level <= known[host] <= self.tried[host],
                  f"{what}: {host} was accepted at level {level}, and is at {known[host]}")


def command(*arguments, database, fails=False):
    done = subprocess.run([PROGRAM, "--database", database, *arguments], capture_output=True, text=True, check=False)
    check((done.returncode != 0) == fails, f"{arguments} ended with {done.returncode}: {done.stderr}")
    return done.stdout + done.stderr


def killed_while_it_writes(work, database):
    for i in range(3):
        server = Server(work, database)
        stream = Stream([server], first=1000 * i)
        until(lambda: stream.total() > 150, "no reports are accepted")
        server.kill()
        stream.end()
        server = Server(work, database)
        stream.check_in(server.hosts(), "killed")
        server.stop()
        command("audit", "--verify", database=database)
    if not POSTGRESQL:
        with sqlite3.connect(database) as file:
            check(file.execute("PRAGMA integrity_check").fetchone() == ("ok",), "the file is broken")


def killed_while_tokens_are_made(work, database):
    """A secret that was shown works, whatever happened then."""
    secret = command("token", "add", "--name", "admin", "--role", "admin", database=database).splitlines()[0]
    server = Server(work, database)
    shown = []

    def make():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        for i in range(10_000):
            status, made = server.ask("POST", "/api/v1/tokens", {"name": f"t{i}", "role": "viewer"}, secret, connection)
            if status != 201:
                return
            shown.append(made["secret"])

    thread = threading.Thread(target=make)
    thread.start()
    until(lambda: len(shown) > 5, "no tokens are made")
    server.kill()
    thread.join()
    server = Server(work, database)
    for each in shown:
        check(server.ask("GET", "/api/v1/summary", token=each)[0] == 200, "a token that was shown is not known")
    server.stop()
    command("audit", "--verify", database=database)


def full_disk(work, _):
    """A small file system that fills up, and has room again later."""
    folder = os.path.join(work, "disk")
    os.mkdir(folder)
    script = f'mount -t tmpfs -o size=4m disk "{folder}" && head -c 1000000 /dev/zero >"{folder}/filler" && exec "$@"'
    prefix = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--user", "--map-root-user"]), "sh", "-c", script, "-"]
    server = Server(work, os.path.join(folder, "fleet.db"), prefix=prefix)
    accepted = 0
    while (status := server.post(accepted)) == 202:
        accepted += 1
        check(accepted < 20_000, "the disk does not fill up")
    check(status == 503, f"a full disk is answered with {status}")
    check(len(server.hosts()) == accepted, "what was accepted is not there, or what was not is")
    check(server.ask("GET", "/healthz")[0] == 200, "a full disk keeps the server from reading")
    os.unlink(f"/proc/{server.process.pid}/root{folder}/filler")
    until(lambda: server.post(accepted) == 202, "it does not go on once there is room again")
    check(len(server.hosts()) == accepted + 1, "reports are lost")
    server.stop()


def page_limit(work, _):
    database = os.path.join(work, "small.db")
    server = Server(work, database, "--database-limit", "1")
    accepted = 0
    while (status := server.post(accepted)) == 202:
        accepted += 1
        check(accepted < 20_000, "there is no limit")
    check(status == 503 and len(server.hosts()) == accepted, "the limit is answered with " + str(status))
    server.stop()
    server = Server(work, database, "--database-limit", "8")
    check(server.post(accepted) == 202, "it does not go on with a higher limit")
    server.stop()


def clock_jumps(work, database):
    clock = os.path.join(work, "clock")

    def set_clock(text):
        with open(clock + ".new", "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.rename(clock + ".new", clock)

    set_clock("+0")
    library = next(f"{folder}/faketime/libfaketimeMT.so.1"
                   for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib")
                   if os.path.exists(f"{folder}/faketime/libfaketimeMT.so.1"))
    secret = command("token", "add", "--name", "short", "--role", "viewer", "--expires", "3",
                     database=database).splitlines()[0]
    server = Server(work, database, environment={
        "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1"})

    def reads():
        return server.ask("GET", "/api/v1/summary", token=secret)[0]

    check(reads() == 200, "the token does not work")
    for number, (jump, status) in enumerate([("+0", 200), ("+400d", 401), ("-400d", 200), ("+0", 200)]):
        set_clock(jump)
        until(lambda status=status: reads() == status, f"at {jump} the token is not answered with {status}")
        check(server.post(number, number + 1) == 202, f"at {jump} no report is accepted")
        check(server.post(99, number + 1) == 202, f"at {jump} no report is accepted")
    status, page = server.ask("GET", f"/api/v1/hosts/{99:032x}/reports", token=secret)
    levels = [each["report"]["level"] for each in page["reports"]]
    check(status == 200 and levels == [4, 3, 2, 1], f"the order of reports is {levels}")
    server.stop()
    command("audit", "--verify", database=database)


def database_away(work, database):
    control = os.path.join(os.environ["SUTURE_POSTGRESQL_FOLDER"], "control")

    def act(word):
        subprocess.run(["sh", control, word], check=True)

    act("stop")
    server = Server(work, database)
    check(server.ask("GET", "/healthz")[0] == 503, "a database that is away is healthy")
    check(server.post(1) == 503, "a report is accepted without a database")
    act("start")
    until(lambda: server.post(1) == 202, "the server does not find the database that came")
    for how in ("stop", "kill"):
        stream = Stream([server], first=1000 if how == "stop" else 2000)
        until(lambda: stream.total() > 100, "no reports are accepted")
        act(how)
        until(lambda: server.ask("GET", "/healthz")[0] == 503, "a database that is away is healthy")
        act("start")
        until(lambda: server.ask("GET", "/healthz")[0] == 200, "the server does not find the database again")
        before = stream.total()
        until(lambda: stream.total() > before + 50, "no reports are accepted any more")
        stream.end()
        stream.check_in(server.hosts(), "database " + how)
    server.stop()


def two_servers(work, database):
    servers = [Server(work, database), Server(work, database)]
    stream = Stream(servers, first=1)
    until(lambda: stream.total() > 200, "no reports are accepted")
    servers[0].kill()
    before = stream.total()
    until(lambda: stream.total() > before + 100, "one server does not go on without the other")
    stream.end()
    servers[0] = Server(work, database)
    stream.check_in(servers[0].hosts(), "two servers")
    check(servers[0].hosts() == servers[1].hosts(), "two servers tell different things")
    # A host that waits at one server hears of a call at the other.
    word = servers[1].ask("GET", "/api/v1/wake")[1]["after"]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(servers[1].ask, "GET", f"/api/v1/wake?after={word}")

        def called():
            servers[0].ask("POST", "/api/v1/wake", token=TOKEN.replace(" ", "-"))
            return waiting.done()

        until(called, "a call does not reach the other server")
        check(waiting.result() == (200, {"after": word, "reason": "urgent"}), f"the call is {waiting.result()}")
    # A token that one server revokes is worthless at the other, at once.
    secret = command("token", "add", "--name", "a", "--role", "admin", database=database).splitlines()[0]
    check(servers[0].ask("GET", "/api/v1/summary")[0] == 401, "the first token does not close the server")
    check(servers[1].ask("GET", "/api/v1/summary", token=secret)[0] == 200, "the token does not work")
    check(servers[0].ask("DELETE", "/api/v1/tokens/1", token=secret)[0] == 200, "the token is not revoked")
    check(servers[1].ask("GET", "/api/v1/summary", token=secret)[0] == 401, "a revoked token works")
    for server in servers:
        server.stop()
    command("audit", "--verify", database=database)


def backed_up_while_it_runs(work, database):
    backup = os.path.join(work, "fleet.backup")
    server = Server(work, database)
    stream = Stream([server], first=1)
    until(lambda: stream.total() > 100, "no reports are accepted")
    accepted = dict(stream.accepted)
    command("backup", backup, database=database)
    until(lambda: stream.total() > sum(accepted.values()) + 20, "no reports are accepted any more")
    stream.end()
    check("backup.not-empty" in command("restore", backup, database=database, fails=True), "it fills what is full")
    server.stop()
    restored = os.path.join(work, "restored.db")
    with open(backup, "rb") as file:
        whole = file.read()
    with open(backup + ".cut", "wb") as file:
        file.write(whole[:-100])
    check("backup.malformed" in command("restore", backup + ".cut", database=restored, fails=True), "half is taken")
    check(not os.path.exists(restored), "a restore that failed leaves a file")
    command("restore", backup, database=restored)
    command("audit", "--verify", database=restored)
    server = Server(work, restored)
    known = server.hosts()
    for host, level in accepted.items():
        check(known.get(host, 0) >= level, f"{host} is not in the backup as it was accepted before")
    server.stop()


def moved(work, database):
    """A fleet from SQLite to PostgreSQL."""
    old = os.path.join(work, "old.db")
    backup = os.path.join(work, "moved.backup")
    server = Server(work, old)
    for number in range(50):
        check(server.post(number) == 202, "no reports are accepted")
    hosts = server.hosts()
    server.stop()
    command("backup", backup, database=old)
    command("restore", backup, database=database)
    server = Server(work, database)
    check(server.hosts() == hosts, "hosts are lost")
    check(server.post(50) == 202, "no reports are accepted")
    server.stop()
    command("audit", "--verify", database=database)


def new_database(work, name):
    if not POSTGRESQL:
        return os.path.join(work, name + ".db")
    subprocess.run(["psql", "-q", POSTGRESQL, "-c", f"CREATE DATABASE {name}"], check=True)
    return POSTGRESQL.replace("/postgres?", f"/{name}?")


def main():
    cases = [killed_while_it_writes, killed_while_tokens_are_made, clock_jumps, backed_up_while_it_runs]
    cases += [database_away, two_servers, moved] if POSTGRESQL else [full_disk, page_limit]
    for case in cases:
        with tempfile.TemporaryDirectory() as work:
            start = time.monotonic()
            case(work, new_database(work, case.__name__))
            print(f"{case.__name__}: {time.monotonic() - start:.1f} s", flush=True)


main()
