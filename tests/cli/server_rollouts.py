#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# server_rollouts.py SUTURE SERVER: a repository, a server and a fleet of hosts that sign what they report. One level
# goes through two waves to everybody; the next one brings down a host of its first wave, is taken back, and nobody
# else ever gets it. Then people steer one by the server's commands. Two servers share the database. The hosts'
# signatures are made by openssl, not by code of ours. Where scripts/postgresql.sh runs it, the fleet is on that server.
import base64
import hashlib
import json
import os
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


def database(folder):
    return os.environ.get("SUTURE_TEST_POSTGRESQL") or folder / "fleet.db"


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
            [server, "--listen", "127.0.0.1:0", "--port-file", port, "--database", database(folder), "--repository",
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
                    database(folder)).decode().strip()
        steer(folder, publish, servers, {"Authorization": "Bearer " + token})
    finally:
        for one in servers:
            one.stop()
    log = run(server, "audit", "--database", database(folder)).decode()
    for action in ("rollout.policy", "rollout.start", "rollout.running", "rollout.finished", "rollout.reverted"):
        if action not in log:
            sys.exit(f"FAILED: {action} is not in the audit log: {log}")
    run(server, "audit", "--verify", "--database", database(folder))


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
    expect("the explanation by command", [reason["code"] for reason in command(folder, "explain", good.name)["because"]],
           [reason["code"] for reason in why["because"]])
    by_command(folder, publish, wait_for, everybody, hosts)


def command(folder, *words):
    """What `suture-server rollout …` says as JSON; the code of its error where it fails."""
    words = [server, "rollout", *words, "--database", database(folder), "--repository", folder / "r", "--json"]
    finished = subprocess.run(words, capture_output=True, timeout=100, check=False)
    if finished.returncode == 0:
        return json.loads(finished.stdout)
    return finished.returncode, finished.stderr.decode().rsplit("[", 1)[-1].split("]")[0]


def by_command(folder, publish, wait_for, everybody, hosts):
    def rollout(*words):
        return command(folder, *words)

    expect("the list", [one["state"] for one in rollout("list")["rollouts"]], ["reverted", "finished"])
    expect("the list of another channel", rollout("list", "--channel", "beta"), {"rollouts": []})
    expect("one of them", rollout("show", "1")["levels"], {BUILD_ID: {"level": 2, "before": 1}})
    expect("one that is not there", rollout("show", "9"), (1, "rollout.unknown"))
    expect("a host that is not there", rollout("explain", "nobody"), (1, "host.unknown"))

    expect("a policy's end", rollout("remove-policy", "careful"), {"removed": "careful"})
    expect("its second end", rollout("remove-policy", "careful"), (1, "policy.unknown"))
    slow = {"channel": "stable", "urgent": {"count": 1, "own": True},
            "waves": [{"percent": 10, "soak": "1h", "approvals": {"count": 1, "own": True}}, {"soak": "1h"}]}
    (folder / "slow.json").write_text(json.dumps(slow))
    (folder / "now.json").write_text(json.dumps({"channel": "stable", "waves": [{"soak": "1h"}]}))
    (folder / "bad.json").write_text("{}")
    expect("a bad policy", rollout("set-policy", "slow", "--file", str(folder / "bad.json")), (1, "policy.schema"))
    expect("a policy", rollout("set-policy", "slow", "--file", str(folder / "slow.json"))["name"], "slow")
    expect("the policies", [one["name"] for one in rollout("policies")["policies"]], ["slow"])

    expect("nothing to bring", rollout("start", "--policy", "slow"), (1, "rollout.nothing-new"))
    publish(4)
    expect("no order", rollout("start"), (1, "rollout.schema"))
    expect("an unknown policy", rollout("start", "--policy", "quick"), (1, "policy.unknown"))
    made = rollout("start", "--policy", "slow")
    expect("what is made", (made["id"], made["state"], made["policy"], made["levels"][BUILD_ID]["level"]),
           ("3", "waiting", "slow", 4))
    expect("who has made it", made["made_by"].split()[0], "local")
    expect("a haste too early", rollout("urgent", "3"), (1, "rollout.approvals"))
    rollout("approve", "3")
    wait_for(3, "running", 1)
    expect("a halt", rollout("halt", "3")["state"], "halted")
    expect("a second one", rollout("halt", "3"), (1, "rollout.state"))
    expect("going on", rollout("resume", "3")["state"], "running")
    rollout("approve", "3", "--urgent")
    expect("haste", rollout("urgent", "3")["is_urgent"], True)
    time.sleep(1.5)
    everybody()
    expect("everybody's plan", {(host.plan["level"], host.plan["urgent"]) for host in hosts}, {(4, True)})
    expect("the end", rollout("cancel", "3")["state"], "cancelled")
    expect("the way back", rollout("revert", "3")["state"], "reverted")
    time.sleep(1.5)
    everybody()
    expect("levels after that", {host.plan["level"] for host in hosts}, {2})

    expect("what was taken back", rollout("start", "--file", str(folder / "now.json")), (1, "rollout.nothing-new"))
    expect("the same, wanted", rollout("start", "--file", str(folder / "now.json"), "--again")["id"], "4")
    for words, part in ((["list"], "waiting"), (["show", "3"], "rollout 3 of stable: reverted"), (["policies"], "slow"),
                        (["explain", hosts[0].id], "level")):
        text = run(server, "rollout", *words, "--database", database(folder)).decode()
        if part not in text:
            sys.exit(f"FAILED: {words} says: {text}")


with tempfile.TemporaryDirectory() as name:
    main(pathlib.Path(name))
