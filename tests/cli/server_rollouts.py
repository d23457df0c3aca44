#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# server_rollouts.py SUTURE SERVER: a repository, a server and a fleet of hosts that sign what they report. One level
# goes through two waves to everybody; the next one brings down a host of its first wave, is taken back, and nobody
# else ever gets it. Two servers share the database. The hosts' signatures are made by openssl, not by code of ours.
import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

suture, server = sys.argv[1:3]
here = pathlib.Path(__file__).resolve().parent
BUILD_ID = "a" * 40
HOSTS = 20
PATIENCE = 120


def run(*words, check=True, feed=None):
    finished = subprocess.run(words, input=feed, capture_output=True, timeout=100, check=False)
    if check and finished.returncode != 0:
        sys.exit(f"{words} ends with {finished.returncode}: {finished.stdout}{finished.stderr}")
    return finished.stdout


def expect(what, seen, wanted):
    if seen != wanted:
        sys.exit(f"FAILED: {what}: {seen}, where {wanted} was expected")


class Server:
    """A process, and its port."""

    def __init__(self, folder, name):
        port = folder / f"{name}.port"
        self.log = open(folder / f"{name}.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [server, "--listen", "127.0.0.1:0", "--port-file", port, "--database", folder / "fleet.db", "--repository",
             folder / "r", "--log-level", "warning"], stdout=subprocess.DEVNULL, stderr=self.log)
        for _ in range(600):
            if port.exists() and port.read_text():
                break
            time.sleep(0.1)
        self.url = f"http://127.0.0.1:{int(port.read_text())}/api/v1/"

    def ask(self, method, path, body=None, headers=None):
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json", **(headers or {})},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


class Host:
    """Signs what it says, and does what its plan says."""

    def __init__(self, folder, number):
        self.id = f"{number:032x}"
        self.name = f"web{number}"
        self.level = 1
        self.state = "applied"
        self.error = None
        self.counter = 0
        self.plan = None
        self.key = folder / f"{self.name}.pem"
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", self.key)
        public = run("openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER")
        self.public = public[-32:].hex()

    def report(self, to):
        body = json.dumps({
            "format": 1, "host_id": self.id, "hostname": self.name, "agent": "sutured 0.1.0",
            "boot_id": "6f3c2f0e-0000-4000-8000-000000000000", "uptime_seconds": 1000000,
            "release": "6.1.0-47-cloud-amd64", "architecture": "x86_64", "build_id": BUILD_ID, "state": self.state,
            "level": self.level, "engine": "klp", "channel": "stable", "cves": [],
            "changed_at": "2026-11-24T10:00:00Z", "checked_at": "2026-11-24T10:00:00Z", "error": self.error,
            "rollouts": True}).encode()
        self.counter += 1
        digest = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
        parameters = (f'("@method" "@path" "suture-host-id" "content-digest");created={int(time.time())}'
                      f';nonce="{self.counter}";keyid="{self.public}";alg="ed25519"')
        base = (f'"@method": POST\n"@path": /api/v1/reports\n"suture-host-id": {self.id}\n'
                f'"content-digest": {digest}\n"@signature-params": {parameters}').encode()
        with tempfile.NamedTemporaryFile() as text:
            text.write(base)
            text.flush()
            signature = run("openssl", "pkeyutl", "-sign", "-inkey", self.key, "-rawin", "-in", text.name)
        status, answer = to.ask("POST", "reports", body, {
            "Suture-Host-Id": self.id, "Content-Digest": digest, "Signature-Input": "suture=" + parameters,
            "Signature": "suture=:" + base64.b64encode(signature).decode() + ":"})
        expect(f"a report of {self.name}", (status, answer.get("accepted")), (202, True))
        self.plan = answer.get("plan")
        return self.plan


def main(folder):
    def publish(level):
        patchset = folder / f"patchset-{level}"
        run(here / "make_patchset.sh", patchset, str(level), BUILD_ID)
        run(suture, "publish", patchset, "--repository", folder / "r", "--keys", folder / "keys", "--unqualified", "a test")

    run(suture, "repo", "init", folder / "r", "--keys", folder / "keys")
    publish(1)
    servers = [Server(folder, "one"), Server(folder, "two")]
    try:
        token = run(server, "token", "add", "--name", "ci", "--role", "operator", "--database",
                    folder / "fleet.db").decode().strip()
        steer(folder, publish, servers, {"Authorization": "Bearer " + token})
    finally:
        for one in servers:
            one.stop()
    log = run(server, "audit", "--database", folder / "fleet.db").decode()
    for action in ("rollout.policy", "rollout.start", "rollout.running", "rollout.finished", "rollout.reverted"):
        if action not in log:
            sys.exit(f"FAILED: {action} is not in the audit log: {log}")
    run(server, "audit", "--verify", "--database", folder / "fleet.db")


def steer(folder, publish, servers, allowed):
    def rollout(number):
        status, document = servers[0].ask("GET", f"rollouts/{number}", headers=allowed)
        return document if status == 200 else {"state": "absent", "wave": 0, "reason": None}

    def wait_for(number, state, wave):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            seen = rollout(number)
            if (seen["state"], seen["wave"]) == (state, wave):
                return seen
            time.sleep(0.2)
        sys.exit(f"FAILED: rollout {number} is {seen['state']} in wave {seen['wave']}, not {state} in {wave}: {seen}")

    def everybody():
        """Each reports to one of the servers, in turn."""
        for number, host in enumerate(hosts):
            host.report(servers[number % 2])

    hosts = [Host(folder, number) for number in range(HOSTS)]
    everybody()
    expect("plans before there is a policy", [host.plan for host in hosts], [None] * HOSTS)

    policy = {"channel": "stable", "automatic": True, "settle": "0s", "revert_on_failure": True,
              "waves": [{"percent": 10, "soak": "0s"}, {"soak": "0s"}]}
    expect("the policy", servers[1].ask("PUT", "rollout-policies/careful", policy, allowed)[0], 200)
    publish(2)
    wait_for(1, "running", 1)
    time.sleep(1.5)  # what the other server needs to see it
    everybody()
    first = [host for host in hosts if host.plan["level"] == 2]
    expect("hosts of the first wave", len(first), 2)
    expect("their plan", first[0].plan,
           {"format": 1, "level": 2, "urgent": False, "rollout": "1", "reason": "wave 1 of 2"})
    expect("the others' levels", {host.plan["level"] for host in hosts if host not in first}, {1})
    for host in first:
        host.level = 2
        host.report(servers[0])
    wait_for(1, "running", 2)
    time.sleep(1.5)
    everybody()
    expect("levels in the last wave", {host.plan["level"] for host in hosts}, {2})
    for host in hosts:
        host.level = 2
    everybody()
    wait_for(1, "finished", 2)

    publish(3)
    wait_for(2, "running", 1)
    time.sleep(1.5)
    everybody()
    first = [host for host in hosts if host.plan["level"] == 3]
    expect("hosts of the next rollout's first wave", len(first), 2)
    good, bad = first
    good.level = 3
    good.report(servers[0])
    bad.level, bad.state = 0, "failed"
    bad.error = {"code": "agent.went-down", "message": "the machine went down while level 3 was being applied"}
    bad.report(servers[1])
    expect("why it was taken back", wait_for(2, "reverted", 1)["reason"]["code"], "rollout.crashed")
    time.sleep(1.5)
    everybody()
    expect("levels after that", {host.plan["level"] for host in hosts}, {2})
    status, why = servers[1].ask("GET", f"hosts/{good.id}/explain", headers=allowed)
    expect("the explanation", (status, [reason["code"] for reason in why["because"]]),
           (200, ["explain.reported", "explain.target", "explain.floor", "explain.reverted", "explain.above"]))


with tempfile.TemporaryDirectory() as name:
    main(pathlib.Path(name))
