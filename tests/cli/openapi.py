#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# openapi.py SUTURE SERVER DOCUMENT: what the server answers is what docs/openapi.json says, to the last member, and nothing that
# is not said there. A real server with a repository, hosts, groups, tokens and verdicts is asked for everything that is
# described; an operation that nobody asks for here fails, too. Where scripts/postgresql.sh runs it, the fleet is on that server.
import base64
import copy
import hashlib
import hmac
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import jsonschema

suture, server, document_file = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
here = pathlib.Path(__file__).resolve().parent
document = json.loads(document_file.read_text())
failures = []
asked = {}  # (method, path of the document) -> statuses


def strict(schema):
    """The same, without room for what is not described."""
    if isinstance(schema, dict):
        closed = {key: strict(value) for key, value in schema.items()}
        if "properties" in closed and closed.get("type") == "object":
            closed.setdefault("additionalProperties", False)
        return closed
    return [strict(item) for item in schema] if isinstance(schema, list) else schema


components = {"components": {"schemas": strict(document["components"]["schemas"])}}


def errors_of(schema, value):
    validator = jsonschema.Draft202012Validator({**strict(schema), **components})
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]


def resolved(part):
    while "$ref" in part:
        target = document
        for word in part["$ref"].removeprefix("#/").split("/"):
            target = target[word]
        part = target
    return part


def operation_of(method, path):
    path = path.split("?")[0]
    for template, item in document["paths"].items():
        pattern = re.escape(template).replace(r"\{path\}", ".+")
        pattern = re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", pattern)
        if method.lower() in item and re.fullmatch(pattern, path):
            return template, item[method.lower()]
    return None, None


def ask(method, path, token=None, body=None, content_type="application/json", headers=()):
    data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data, method=method)
    if data is not None:
        request.add_header("Content-Type", content_type)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    for name, value in headers:
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def call(method, path, wanted, token=None, body=None, **more):
    """Asks, and holds the answer against the document."""
    what = f"{method} {path}"
    status, headers, answer = ask(method, path, token, body, **more)
    if status != wanted:
        failures.append(f"{what} is answered {status} instead of {wanted}: {answer[:300]}")
        return None
    template, operation = operation_of(method, path)
    if operation is None:
        failures.append(f"{what} is not described")
        return None
    asked.setdefault((method, template), set()).add(status)
    response = operation["responses"].get(str(status)) or operation["responses"].get(f"{status // 100}XX")
    if response is None:
        failures.append(f"{what}: the answer {status} is not described")
        return None
    content = resolved(response).get("content", {})
    if "*/*" in content or not content:
        return answer
    if headers.get_content_type() not in content:
        failures.append(f"{what}: {headers.get_content_type()} is none of {list(content)}")
        return None
    if headers.get_content_type() != "application/json":
        return answer
    value = json.loads(answer)
    failures.extend(f"{what}, {status}: {error}" for error in errors_of(content["application/json"]["schema"], value))
    if status < 300 and body is not None:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        failures.extend(f"{what}, what is sent: {error}" for error in errors_of(schema, body))
    return value


def check_document():
    """As far as a schema of OpenAPI 3.1 goes; Debian has none but that of 3.0."""
    for name, schema in document["components"]["schemas"].items():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            failures.append(f"the schema {name}: {error.message}")
    parts = {"openapi", "info", "servers", "paths", "components"}
    if set(document) != parts or not {"title", "version"} <= set(document["info"]):
        failures.append(f"the document has {sorted(document)}")
    parameter_schema = {"type": "object", "required": ["name", "in", "schema"], "additionalProperties": False,
                        "properties": {"name": {"type": "string"}, "in": {"enum": ["path", "query", "header"]},
                                       "required": {"type": "boolean"}, "description": {"type": "string"}, "schema": {"type": "object"}}}
    operation_schema = {"type": "object", "required": ["summary", "security", "responses"], "additionalProperties": False,
                        "properties": {"summary": {"type": "string"}, "description": {"type": "string"}, "security": {"type": "array"},
                                       "parameters": {"type": "array"}, "requestBody": {"type": "object", "required": ["content"]},
                                       "responses": {"type": "object", "minProperties": 2,
                                                     "propertyNames": {"pattern": "^[1-5]([0-9][0-9]|XX)$"}}}}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            what = f"{method} {path}"
            failures.extend(f"{what}: {error.message}" for error in
                            jsonschema.Draft202012Validator(operation_schema).iter_errors(operation))
            for parameter in map(resolved, operation.get("parameters", [])):
                failures.extend(f"{what}: {error.message}" for error in
                                jsonschema.Draft202012Validator(parameter_schema).iter_errors(parameter))
                jsonschema.Draft202012Validator.check_schema(parameter["schema"])
            for response in map(resolved, operation["responses"].values()):
                if "description" not in response:
                    failures.append(f"{what}: a response without a description")


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=120).stdout.strip()


build, other_build = "a" * 40, "b" * 40


def host_id(number):
    return f"{number:032x}"


def report(number, level=1, build_id=build, **more):
    return {"format": 1, "host_id": host_id(number), "hostname": f"web{number}", "agent": "sutured 0.1.0",
            "boot_id": "6f3c2f0e-0000-4000-8000-000000000000", "uptime_seconds": 123, "release": "6.1.0-47-cloud-amd64",
            "architecture": "x86_64", "build_id": build_id, "state": "applied" if level else "unpatched", "level": level,
            "engine": "klp" if level else "", "channel": "stable", "cves": ["CVE-2026-53249"] if level else [],
            "changed_at": "2026-11-24T10:00:00Z", "checked_at": "", "error": None, **more}


def make_repository(folder):
    run(suture, "repo", "init", str(folder / "repository"), "--keys", str(folder / "keys"))
    for level in (1, 2):
        patchset = folder / f"patchset-{level}"
        run(str(here / "make_patchset.sh"), str(patchset), str(level))
        run(suture, "publish", str(patchset), "--repository", str(folder / "repository"), "--keys", str(folder / "keys"),
            "--channel", "stable", "--unqualified", "a test")
    run(suture, "repo", "withdraw", str(folder / "repository"), "2", "--keys", str(folder / "keys"), "--channel", "stable",
        "--build-id", build, "--reason", "a test")


def make_verdicts(folder):
    notes = {"status_notes": "the code is there"}
    statements = [{"vulnerability": {"name": "CVE-2026-0001"}, "status": "affected", **notes},
                  {"vulnerability": {"name": "CVE-2026-0002"}, "status": "not_affected", "justification": "component_not_present"},
                  {"vulnerability": {"name": "CVE-2026-0003"}, "status": "under_investigation"},
                  {"vulnerability": {"name": "CVE-2026-0004"}, "status": "fixed"}]
    (folder / "verdicts").mkdir()
    (folder / "verdicts/other.json").write_text(json.dumps({
        "@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2026-11-24T10:00:00Z",
        "tooling": f"Suture 0.1.0: Linux (x86_64), build-id {other_build}", "statements": statements}))


def until(condition):
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    failures.append("what was to come did not come within 30 seconds")


def fill(admin):
    """A fleet with something of everything in it."""
    modules = {"loaded": ["vsock"], "blocked": ["dccp"], "blacklisted": [], "loading": True, "user_namespaces": False}
    for number in range(1, 6):
        call("POST", "/api/v1/reports", 202, body=report(number, level=1 if number < 4 else 0))
    call("POST", "/api/v1/reports", 202, body=report(6, level=0, build_id=other_build, modules=modules, transition=False,
                                                     quarantined=[7], rollouts=True))
    call("POST", "/api/v1/reports", 202, body=report(7, level=0, build_id=""))
    call("POST", "/api/v1/reports", 202, body=report(8))
    went_down = {"code": "agent.quarantined", "message": "the machine went down"}
    call("POST", "/api/v1/reports", 202, body=report(8, level=0, error=went_down))
    call("PUT", f"/api/v1/hosts/{host_id(1)}/tags", 200, admin, {"tags": ["env=prod", "web"]})
    call("PUT", "/api/v1/groups/pilots", 200, admin, {"description": "first", "hosts": [host_id(1), host_id(2)]})
    call("PUT", "/api/v1/groups/prod", 200, admin, {"rule": {"tags": ["env=prod"], "hostname": "web*"}})


def ask_for_everything(admin):
    one, cve = f"/api/v1/hosts/{host_id(1)}", "CVE-2026-53249"
    if ask("GET", "/")[0] == 200:
        call("GET", re.search(rb'"(/assets/[^"]+)"', call("GET", "/", 200)).group(1).decode(), 200)
        PAGE.clear()
    for path in ("/healthz", "/repository/metadata/timestamp.json", "/api/v1/openapi.json", "/api/v1/wake"):
        call("GET", path, 200)
    if json.loads(ask("GET", "/api/v1/openapi.json")[2]) != document:
        failures.append("the server has another document built in")
    for path in ("/api/v1/hosts", "/api/v1/hosts?limit=2", f"/api/v1/hosts?cve={cve}&state=applied", "/api/v1/hosts?tag=web",
                 "/api/v1/hosts?group=prod", f"/api/v1/hosts?build_id={build}", "/api/v1/hosts?q=web&limit=1",
                 "/api/v1/hosts?release=6.1.0-47-cloud-amd64", one, f"/api/v1/hosts/{host_id(6)}", f"{one}/reports",
                 f"{one}/reports?limit=1", f"{one}/advisories", f"/api/v1/hosts/{host_id(6)}/advisories",
                 f"/api/v1/hosts/{host_id(4)}/advisories?status=open&limit=1", "/api/v1/groups", "/api/v1/groups/prod",
                 "/api/v1/groups/pilots", "/api/v1/summary", "/api/v1/targets", f"/api/v1/targets/{build}",
                 f"/api/v1/targets/{other_build}", "/api/v1/patchsets", "/api/v1/patchsets?channel=stable&limit=1",
                 "/api/v1/cves", "/api/v1/cves?status=open&limit=1", f"/api/v1/cves/{cve}", f"/api/v1/cves/{cve}?status=closed&limit=1",
                 "/api/v1/cves/CVE-2026-0001", "/api/v1/history", "/api/v1/history?days=7", "/api/v1/events",
                 "/api/v1/events?after=0&limit=3", "/api/v1/events?severity=critical", "/api/v1/tokens", "/api/v1/audit",
                 "/api/v1/audit?limit=2", "/metrics"):
        call("GET", path, 200, admin)
    # That there is something in the answers.
    for path, member in (("/api/v1/hosts", "hosts"), ("/api/v1/targets", "targets"), ("/api/v1/patchsets", "patchsets"),
                         ("/api/v1/cves", "cves"), ("/api/v1/history", "history"), ("/api/v1/events", "events"),
                         (f"/api/v1/cves/{cve}", "hosts"), (f"{one}/advisories", "advisories")):
        if not json.loads(ask("GET", path, admin)[2])[member]:
            failures.append(f"nothing is in {path}, so nothing was seen of it")
    ask_for_rollouts(admin)
    call("POST", "/api/v1/wake", 202, admin)
    made = call("POST", "/api/v1/tokens", 201, admin,
                {"name": "ci", "role": "operator", "scopes": ["wake"], "expires_at": "2027-06-30T00:00:00Z"})
    call("POST", "/api/v1/tokens", 409, admin, {"name": "ci", "role": "viewer"})
    call("DELETE", f"/api/v1/tokens/{made['id']}", 200, admin)
    # Nobody is there to be told: that is tests/cli/server_notify.py's.
    told = call("POST", "/api/v1/notifications", 201, admin,
                {"name": "chat", "way": "webhook", "url": "http://127.0.0.1:1/", "kinds": ["rollout"], "group": "prod"})
    one = f"/api/v1/notifications/{told['id']}"
    call("POST", f"{one}/test", 202, admin)
    until(lambda: json.loads(ask("GET", f"{one}/messages", admin)[2])["messages"][0]["error"])
    for path in ("/api/v1/notifications", one, f"{one}/messages", f"{one}/messages?state=dead&limit=1"):
        call("GET", path, 200, admin)
    call("POST", f"{one}/retry", 202, admin)
    call("POST", "/api/v1/notifications", 409, admin, {"name": "chat", "way": "webhook", "url": "https://example.org/"})
    call("POST", "/api/v1/notifications", 400, admin, {"name": "plain", "way": "webhook", "url": "http://example.org/"})
    call("DELETE", one, 200, admin)


def code_of(secret):
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 10**6:06}"


def log_in(name, password):
    """What a browser sends from then on."""
    login = {"name": name, "password": password, "code": None}
    session = call("POST", "/api/v1/session", 200, body=login)
    cookie = ask("POST", "/api/v1/session", body=login)[1]["Set-Cookie"].split(";")[0]
    csrf = json.loads(ask("GET", "/api/v1/session", headers=[("Cookie", cookie)])[2])["csrf"]
    return session, [("Cookie", cookie), ("X-CSRF-Token", csrf)]


def people(admin):
    """What people do who log in, and those who look after them."""
    call("GET", "/api/v1/login-ways", 200)
    password = "a password of somebody"
    made = call("POST", "/api/v1/users", 201, admin, {"name": "alice", "role": "operator", "scopes": None, "password": password})
    call("POST", "/api/v1/users", 409, admin, {"name": "alice", "role": "viewer", "password": password})
    user = f"/api/v1/users/{made['id']}"
    call("GET", "/api/v1/users?limit=1", 200, admin)
    call("PATCH", user, 200, admin, {"role": "viewer", "disabled": False, "totp": False})
    call("PATCH", user, 400, admin, {})
    call("POST", "/api/v1/session", 401, body={"name": "alice", "password": "wrong"})
    call("GET", "/api/v1/session", 401)
    _, alice = log_in("alice", password)
    call("GET", "/api/v1/session", 200, headers=alice)
    call("GET", "/api/v1/hosts?limit=1", 200, headers=alice)
    call("DELETE", "/api/v1/session", 403, headers=alice[:1])
    offer = call("POST", "/api/v1/session/totp", 200, headers=alice, body={"password": password})
    call("PUT", "/api/v1/session/totp", 400, headers=alice, body={"code": "wrong"})
    call("PUT", "/api/v1/session/totp", 200, headers=alice, body={"code": code_of(offer["secret"])})
    call("DELETE", "/api/v1/session/totp", 200, headers=alice, body={"password": password})
    _, alice = log_in("alice", password)
    call("POST", "/api/v1/session/password", 200, headers=alice, body={"old": password, "new": password + " else"})
    _, alice = log_in("alice", password + " else")
    call("DELETE", "/api/v1/session", 200, headers=alice)
    call("DELETE", f"{user}/sessions", 200, admin)
    call("DELETE", user, 409, admin)
    call("POST", "/api/v1/users", 201, admin, {"name": "bob", "role": "viewer", "password": password})
    call("DELETE", user, 200, admin)
    call("DELETE", user, 404, admin)


def ask_for_rollouts(admin):
    one = f"/api/v1/hosts/{host_id(1)}/explain"
    call("GET", one, 200, admin)
    waves = [{"percent": 10, "soak": "1h", "approvals": {"count": 1, "from": ["admin"], "own": True}},
             {"group": "prod", "tag": "env=prod", "gates": {"max_failed": None, "min_reports": 2}}]
    policy = {"channel": "stable", "waves": waves, "urgent": {"count": 1, "own": True}}
    made = call("POST", "/api/v1/rollouts", 201, admin, {"channel": "stable", "waves": waves, "again": True})
    here_it_is = f"/api/v1/rollouts/{made['id']}"
    call("POST", here_it_is + "/approve", 200, admin, {})
    for command in ("halt", "resume", "urgent", "revert"):
        call("POST", f"{here_it_is}/{command}", 200, admin)
    call("POST", here_it_is + "/cancel", 409, admin)
    call("PUT", "/api/v1/rollout-policies/careful", 200, admin, policy)
    call("POST", "/api/v1/rollouts", 409, admin, {"policy": "careful"})
    again = call("POST", "/api/v1/rollouts", 201, admin, {"policy": "careful", "again": True})
    call("POST", f"/api/v1/rollouts/{again['id']}/approve", 200, admin, {"urgent": True})
    call("POST", f"/api/v1/rollouts/{again['id']}/cancel", 200, admin)
    for path in (one, "/api/v1/rollouts", "/api/v1/rollouts?channel=stable&state=reverted&limit=1", here_it_is,
                 "/api/v1/rollout-policies", "/api/v1/rollout-policies/careful"):
        call("GET", path, 200, admin)
    call("POST", "/api/v1/reports", 202, body=report(5, level=0))
    call("DELETE", "/api/v1/rollout-policies/careful", 200, admin)


def ask_for_errors(admin, viewer):
    one = f"/api/v1/hosts/{host_id(1)}"
    for path in ("/api/v1/hosts?limit=0", "/api/v1/hosts?no=1", "/api/v1/cves?status=x", "/api/v1/events?after=-1",
                 "/api/v1/history?days=0", f"{one}/advisories?status=x", "/api/v1/audit?limit=x"):
        call("GET", path, 400, admin)
    for path in (f"/api/v1/hosts/{host_id(99)}", "/api/v1/hosts/web1/reports", f"/api/v1/hosts/{host_id(99)}/advisories",
                 "/api/v1/groups/none", "/api/v1/targets/none", "/api/v1/cves/CVE-2026-9999", "/repository/nothing"):
        call("GET", path, 404, admin)
    call("POST", "/api/v1/reports", 400, body="{")
    call("POST", "/api/v1/reports", 415, body=report(1), content_type="text/plain")
    call("PUT", f"{one}/tags", 400, admin, {"tags": ["A"]})
    call("PUT", "/api/v1/groups/prod", 400, admin, {"rule": {}})
    call("PUT", f"/api/v1/hosts/{host_id(99)}/tags", 404, admin, {"tags": []})
    call("DELETE", f"{one}/key", 404, admin)
    # Whatever needs a scope is refused to who has no token, and to who has too little.
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if not operation["security"] or path == "/api/v1/reports":
                continue
            call(method.upper(), path.replace("{id}", host_id(1)), 401, body={} if "requestBody" in operation else None)
            scope = next(iter(operation["security"][0].values()))[0]
            if scope not in ("hosts:read", "metrics:read", "rollouts:read"):
                call(method.upper(), path.replace("{id}", host_id(1)), 403, viewer, body={} if "requestBody" in operation else None)


def take_away(admin):
    call("DELETE", "/api/v1/groups/pilots", 200, admin)
    call("DELETE", f"/api/v1/hosts/{host_id(2)}", 200, admin)


# By a signed report only a host gets a key; agents do that in tests of their own. tests/interop/oidc has an identity
# provider.
NOT_HERE = {("DELETE", "/api/v1/hosts/{id}/key"), ("GET", "/api/v1/oidc/login"), ("GET", "/api/v1/oidc/callback")}
# A server may be built without its page.
PAGE = {("GET", "/"), ("GET", "/assets/{path}")}

with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    check_document()
    make_repository(folder)
    make_verdicts(folder)
    database = os.environ.get("SUTURE_TEST_POSTGRESQL", str(folder / "fleet.db"))
    tokens = {role: run(server, "token", "add", "--name", role, "--role", role, "--database", database) for role in ("admin", "viewer")}
    with open(folder / "log", "wb") as log, subprocess.Popen(
            [server, "--listen", "127.0.0.1:0", "--database", database, "--repository", str(folder / "repository"),
             "--verdicts", str(folder / "verdicts")], stdout=subprocess.PIPE, stderr=log, text=True) as running:
        try:
            port = int(running.stdout.readline())
            until(lambda: json.loads(ask("GET", "/api/v1/history", tokens["admin"])[2])["history"])
            fill(tokens["admin"])
            ask_for_everything(tokens["admin"])
            people(tokens["admin"])
            ask_for_errors(tokens["admin"], tokens["viewer"])
            take_away(tokens["admin"])
        finally:
            running.terminate()
    for path, item in document["paths"].items():
        for method in item:
            statuses = asked.get((method.upper(), path), set())
            if not any(status < 300 for status in statuses) and (method.upper(), path) not in NOT_HERE | PAGE:
                failures.append(f"{method.upper()} {path} was never asked for with success")

    # A validator that finds nothing wrong with anything would find nothing here, either.
    broken = copy.deepcopy(document["components"]["schemas"]["Summary"])
    if not errors_of(broken, {"hosts": 1}) or not errors_of({"$ref": "#/components/schemas/Exposures"},
                                                            {"safe": 1, "exposed": 0, "unknown": 0, "more": 1}):
        failures.append("the validator takes everything")

print("\n".join(failures) or f"{sum(map(len, asked.values()))} kinds of answers of {len(asked)} operations are as described")
sys.exit(1 if failures else 0)
