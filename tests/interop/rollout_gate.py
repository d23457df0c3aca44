#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# rollout_gate.py SUTURE SERVER: the gate of a rollout asks a real Prometheus. One whose query holds lets the wave pass,
# one whose query does not halts it, and one whose query means nothing is waited for.
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

suture, server = sys.argv[1:3]
here = pathlib.Path(__file__).resolve().parent
BUILD_ID = "a" * 40
PATIENCE = 120
running = []


def run(*words):
    finished = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    if finished.returncode != 0:
        sys.exit(f"{words} ends with {finished.returncode}: {finished.stdout}{finished.stderr}")
    return finished.stdout


def ask(url, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as answer:
        return json.load(answer)


def start_prometheus(folder):
    (folder / "prometheus.yml").write_text("global: {scrape_interval: 1s}\n")
    for _ in range(20):
        port = random.randint(20000, 32000)
        url = f"http://127.0.0.1:{port}"
        with open(folder / "prometheus.log", "w", encoding="utf-8") as log:
            process = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        running.append(process)
        for _ in range(600):
            try:
                if ask(url + "/api/v1/query?query=vector(1)")["status"] == "success":
                    return url
            except (OSError, ValueError):
                pass
            if process.poll() is not None:
                break
            time.sleep(0.1)
    sys.exit("FAILED: Prometheus does not start: " + (folder / "prometheus.log").read_text())


def main(folder):
    prometheus = start_prometheus(folder)
    run(suture, "repo", "init", folder / "r", "--keys", folder / "keys")
    run(here / "../cli/make_patchset.sh", folder / "patchset", "1", BUILD_ID)
    run(suture, "publish", folder / "patchset", "--repository", folder / "r", "--keys", folder / "keys",
        "--unqualified", "a test")
    database = folder / "fleet.db"
    token = run(server, "token", "add", "--name", "ci", "--role", "operator", "--database", database).strip()
    with open(folder / "server.log", "w", encoding="utf-8") as log:
        running.append(subprocess.Popen(
            [server, "--listen", "127.0.0.1:0", "--port-file", folder / "port", "--database", database,
             "--repository", folder / "r", "--gate-url", prometheus], stdout=log, stderr=log))
    while not (folder / "port").exists() or not (folder / "port").read_text():
        time.sleep(0.1)
    api = f"http://127.0.0.1:{int((folder / 'port').read_text())}/api/v1/"

    def outcome(query, wanted):
        gate = {"name": "gate", "url": prometheus, "query": query, "compare": "<", "threshold": 0.5}
        made = ask(api + "rollouts", {"channel": "stable", "waves": [
            {"soak": "0s", "gates": {"min_reports": 0, "metrics": [gate]}}]}, token)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            seen = ask(api + "rollouts/" + made["id"], token=token)
            if wanted(seen):
                return
            time.sleep(0.2)
        sys.exit(f"FAILED: {query}: {seen['state']}, {seen['reason']}")

    outcome("sum(vector(2)) > 1", lambda seen: seen["state"] == "halted" and seen["reason"]["code"] == "rollout.metric"
            and "2 is not < 0.5" in seen["reason"]["text"])
    for nothing in ("no_such_metric", "syntax error("):
        outcome(nothing, lambda seen: seen["state"] == "running" and (seen["reason"] or {}).get("code") == "rollout.metric")
    outcome("1 - vector(0.75)", lambda seen: seen["state"] == "finished")


if not shutil.which("prometheus"):
    sys.exit("rollout_gate.py: prometheus is missing: scripts/setup.sh --test installs it")
with tempfile.TemporaryDirectory() as name:
    try:
        main(pathlib.Path(name))
    finally:
        for one in running:
            one.terminate()
            one.wait()
