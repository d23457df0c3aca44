#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# json_schemas.py SUTURE UNIT_AGENT SCHEMAS: what the commands of a server print with --json, on a host that is
# made up for it, is what docs/schemas says, and nothing that is not said there. update and revert, which need a
# kernel, are answered by the unit test's, which writes down its answers.
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from schema_check import SchemaCheck

suture, unit_agent, schemas = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
if not os.access("/sys/kernel/notes", os.R_OK):
    sys.exit(77)  # the running kernel is not to be identified here

schema_check = SchemaCheck(schemas)
failures, check, expect = schema_check.failures, schema_check.check, schema_check.expect


def run(name, *words, statuses=(0,), config=True):
    command = [suture, "--json", *words] + (["--config", str(folder / "agent.toml")] if config else [])
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    what = "suture " + " ".join(words)
    if finished.returncode not in statuses:
        failures.append(f"{what} ends with {finished.returncode}: {finished.stdout}{finished.stderr}")
        return None
    document = json.loads(finished.stdout)
    check(name, document, what)
    return document


def level(number, **more):
    return {"level": number, "published": "2026-11-24T10:00:00Z", "cves": ["CVE-2026-1001", "CVE-2026-1002", "CVE-2026-1003"],
            "fixed": ["CVE-2026-1002"], "unaffected": ["CVE-2026-1003"], "effective_version": "6.1.176-1",
            "manifest": {"name": "patchset.json", "sha256": "a" * 64, "length": 100},
            "module": {"name": f"suture_{number}.ko", "sha256": "b" * 64, "length": 1000}, "log": number, **more}


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    state = folder / "state"
    (state / "trusted").mkdir(parents=True)
    (folder / "agent.toml").write_text(
        f'repository = "file:///nowhere"\ndistribution = "debian"\nstate = "{state}"\nsocket = "{folder}/socket"\n')

    # A host on which nothing has happened yet.
    status = run("status", "status", statuses=(11, 12))
    run("list", "list")
    run("cves", "cve", statuses=(0, 10))
    expect("the events of a new host", run("history", "history"), {"events": []})

    # And one that has seen something.
    statement = {"name": "qualification.json", "sha256": "c" * 64, "length": 10}
    more = [{"name": "suture_stop_6.ko", "sha256": "d" * 64, "length": 2000}]
    withdrawn = {"reason": "it hangs", "time": "2026-11-25T10:00:00Z", "log": 9}
    (state / "trusted/catalog").write_text(json.dumps({
        "channel": "stable", "distribution": "debian", "build_id": status["build_id"], "release": status["release"],
        "levels": [level(6, statement=statement, more=more), level(7, withdrawn=withdrawn)]}))
    (state / "state.json").write_text(json.dumps({
        "held": True, "applied_boot_id": "", "changed_at": "2026-11-24T10:00:00Z",
        "checked_at": "2026-11-24T10:00:00Z", "newest": 6, "waits": "for its window", "quarantined": {"d" * 64: 5},
        "plan": {"format": 1, "level": 5, "urgent": False, "rollout": "12", "reason": "wave 2 of 4"}, "wanted": None, "error": {"code": "repository.unreachable", "message": "fetch: no answer"}}))
    (state / "history.jsonl").write_text("".join(json.dumps({
        "time": f"2026-11-2{day}T10:00:00Z", "event": event, "from": 0, "to": 6, "code": "", "reason": "",
        "boot_id": status["boot_id"]}) + "\n" for day, event in [(4, "applied"), (5, "reverted")]))
    status = run("status", "status", statuses=(12, 13))
    expect("no rollout without a server", status["plan"], None)
    with (folder / "agent.toml").open("a") as config:
        config.write('server = "https://127.0.0.1:1"\n')
    status = run("status", "status", statuses=(12, 13))
    expect("how far a rollout lets it go", status["plan"]["level"], 5)
    expect("what waits", (status["newest_level"], status["waits"], status["quarantined"]), (6, "for its window", [5]))
    expect("levels", [one["state"] for one in run("list", "list")["levels"]], ["newer", "withdrawn"])
    expect("the effective version", run("info", "info", "6")["effective_version"], "6.1.176-1")
    expect("the modules", [len(one["more_modules"]) for one in run("list", "list")["levels"]], [1, 0])
    run("error", "info", "9", statuses=(1,))
    expect("one that a level closes", run("cve", "cve", "CVE-2026-1001", statuses=(10,))["level"], 6)
    expect("one that is fixed", run("cve", "cve", "CVE-2026-1002")["verdict"], "fixed")
    expect("one without code", run("cve", "cve", "CVE-2026-1003")["verdict"], "not-affected")
    run("cve", "cve", "CVE-2026-53249", statuses=(11,))
    run("error", "cve", "CVE-2026", statuses=(1,))
    run("cves", "cve", statuses=(10,))
    expect("the open ones", [one["cve"] for one in run("cves", "cve", "--verdict", "open", statuses=(10,))["cves"]],
           ["CVE-2026-1001"])
    run("list-cves", "list-cves")
    expect("events", [one["event"] for one in run("history", "history")["events"]], ["applied", "reverted"])
    expect("later events", len(run("history", "history", "--since", "2026-11-25")["events"]), 1)
    run("error", "history", "--since", "yesterday", statuses=(1,))
    run("doctor", "doctor", "--offline", statuses=(0, 1))
    run("config-explain", "config", "explain")
    run("config-get", "config", "get", "install")
    run("config-set", "config", "set", "install", "24h")
    run("config-get", "config", "get", "install")
    kernel = run("uname", "uname")
    expect("a kernel without a level", kernel["effective"], kernel["booted"])
    run("metrics", "metrics")
    advisories = folder / "advisories.jsonl"
    advisories.write_text(json.dumps({
        "cve": "CVE-2022-40674", "record": "expat CVE-2022-40674", "source": "tracker", "products": [{
            "ecosystem": "Debian:bookworm", "name": "expat",
            "ranges": [{"order": "debian", "affected": True, "fixed": "2.4.8-2"}]}]}) + "\n")
    run("audit", "audit", "--advisories", str(advisories), statuses=(0, 10))
    dpkg = folder / "image/var/lib/dpkg"
    dpkg.mkdir(parents=True)
    (dpkg / "status").write_text("Package: libexpat1\nStatus: install ok installed\nSource: expat\nVersion: 2.4.1-2\n")
    (folder / "image/etc").mkdir()
    (folder / "image/etc/os-release").write_text("ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n")
    image = run("audit", "audit", "--advisories", str(advisories), "--root", str(folder / "image"), statuses=(10,))
    expect("what closes the hole of an image", [step["how"] for step in image["steps"]], ["update expat to 2.4.8-2"])
    (folder / "image/opt").mkdir()
    (folder / "image/opt/tool").write_bytes((b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + b"\x03").ljust(64, b"\0") + b"\0expat_2.4.0\0")
    image = run("audit", "audit", "--advisories", str(advisories), "--root", str(folder / "image"), "--files", "/opt", statuses=(10,))
    expect("what is in a file that nothing runs", [(one["path"], one["runs"]) for one in image["findings"] if one["kind"] == "copy"],
           [("/opt/tool", False)])
    run("error", "audit", "--advisories", str(folder / "absent"), statuses=(1,))
    if os.geteuid() == 0:
        expect("no transition", run("stalled", "stalled", config=False)["tasks"], [])
    # Nothing answers there, and who is not root may not even ask.
    for change in ("check", "update", "revert --to 6"):
        run("error", *change.split(), statuses=(1,))

    documents = folder / "documents"
    documents.mkdir()
    subprocess.run([unit_agent, "--gtest_filter=Documents.*"], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "SUTURE_DOCUMENTS": str(documents)})
    answers = sorted(documents.iterdir())
    expect("the answers of the unit test", [answer.name for answer in answers],
           ["applied.json", "reverted.json", "up-to-date.json", "waiting.json"])
    for answer in answers:
        check("change", json.loads(answer.read_text()), answer.name)

# What `suture watch` prints is watch_schemas.py's.
sys.exit(schema_check.finish(lambda name: not name.startswith("watch-")))
