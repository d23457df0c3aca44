#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""monitoring.py SUTURE-SERVER SCANNER_DOCUMENTS SOURCE: the alert rules fire when they should, and they, the
dashboard and the documentation speak of nothing but what a real server, and a host, tell Prometheus."""

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

PATIENCE = 60


def fault(text):
    print("FAILED:", text)
    sys.exit(1)


def must(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != 0:
        fault(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def scrape(program, work):
    """All that a server tells which has whatever it can have: TLS, a repository, a host."""
    must(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
          "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "tls.key", "-out", "tls.crt"])
    os.makedirs("repository/metadata")
    with open("repository/metadata/timestamp.json", "w") as file:
        json.dump({"signed": {"expires": "2030-01-01T00:00:00Z"}, "signatures": []}, file)
    server = subprocess.Popen(
        [program, "--listen", "127.0.0.1:0", "--database", f"{work}/fleet.db", "--repository", "repository",
         "--tls-certificate", "tls.crt", "--tls-key", "tls.key", "--port-file", "port"],
        stdout=subprocess.DEVNULL, stderr=open("server.log", "w"))
    try:
        end = time.monotonic() + PATIENCE
        while not (os.path.exists("port") and open("port").read().endswith("\n")):
            if time.monotonic() > end or server.poll() is not None:
                fault("the server does not start: " + open("server.log").read())
            time.sleep(0.1)
        url = f"https://localhost:{open('port').read().strip()}"
        trust = ssl.create_default_context(cafile="tls.crt")
        report = {"format": 1, "host_id": "1" * 32, "hostname": "web1", "agent": "sutured 0.1.0",
                  "boot_id": "6f3c2f0e-0000-4000-8000-000000000000", "uptime_seconds": 1,
                  "release": "6.1.0-47-cloud-amd64", "architecture": "x86_64", "build_id": "01" * 20,
                  "state": "applied", "level": 1, "channel": "stable", "cves": [], "changed_at": "",
                  "checked_at": "", "error": None}
        request = urllib.request.Request(url + "/api/v1/reports", json.dumps(report).encode(),
                                         {"Content-Type": "application/json"})
        urllib.request.urlopen(request, context=trust, timeout=PATIENCE).close()
        return urllib.request.urlopen(url + "/metrics", context=trust, timeout=PATIENCE).read().decode()
    finally:
        server.terminate()
        server.wait(PATIENCE)


def families(text):
    """Each metric with the labels that its samples have; none where it has no samples."""
    found = {name: set() for name in re.findall(r"^# TYPE (\S+) ", text, re.M)}
    for name, labels in re.findall(r"^([a-z_]+)\{(.*)\} ", text, re.M):
        for family in (name, re.sub("_(bucket|sum|count)$", "", name)):
            if family in found:
                found[family].update(re.findall(r'(?:^|,)([a-z_]+)="', labels))
    return found


def check_expression(where, expression, known):
    for name, selector in re.findall(r"\b((?:suture|process)_[a-z_0-9]+)\b(\{[^}]*\})?", expression):
        family = name if name in known else re.sub("_(bucket|sum|count)$", "", name)
        if family not in known:
            fault(f"{where}: there is no metric {name}")
        for label in re.findall(r'([a-z_]+)[!=]~?=?"', selector):
            if label not in known[family] | {"job", "instance"} and known[family]:
                fault(f"{where}: {name} has no label {label}")


def expressions_of_rules(file):
    text = open(file).read()
    found = re.findall(r"^ +expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)", text, re.M)
    return [" ".join((folded or plain).split()) for folded, plain in found]


def expressions_of_dashboard(file):
    dashboard = json.load(open(file))
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(set(ids)) != len(ids):
        fault("two panels have one id")
    taken = set()
    found = []
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if (x, y) in taken or x > 23:
                    fault(f"the panel {panel['title']} has no place of its own")
                taken.add((x, y))
        for target in panel.get("targets", []):
            if target["datasource"]["uid"] != "${datasource}":
                fault(f"the panel {panel['title']} names a source of data")
            found.append((panel["title"], target["expr"]))
    return found


def main():
    program, documents, source = (os.path.realpath(argument) for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="suture-monitoring") as work:
        os.chdir(work)
        rules = f"{source}/contrib/prometheus/suture.rules.yml"
        shutil.copy(rules, "suture.rules.yml")
        shutil.copy(f"{source}/tests/interop/monitoring/rules_test.yml", "rules_test.yml")
        must(["promtool", "check", "rules", "suture.rules.yml"])
        must(["promtool", "test", "rules", "rules_test.yml"])
        alerts = re.findall(r"- alert: (\w+)", open(rules).read())
        untested = [alert for alert in alerts if f"alertname: {alert}\n" not in open("rules_test.yml").read()]
        if untested:
            fault(f"no test has these fire: {untested}")
        print(f"ok: {len(alerts)} alerts fire when they should")

        server = scrape(program, work)
        must(["promtool", "check", "metrics"], input=server)
        os.mkdir("hosts")
        must([documents, "hosts"])
        host = "".join(open(f"hosts/{name}").read() for name in sorted(os.listdir("hosts")) if name.endswith(".prom"))
        known = families(server) | families(host)
        expressions = expressions_of_rules(rules)
        if len(expressions) != len(alerts):
            fault("not all expressions of the rules were found")
        for expression in expressions:
            check_expression("the rules", expression, known)
        panels = expressions_of_dashboard(f"{source}/contrib/grafana/suture-fleet.json")
        recorded = {"groups": [{"name": "panels", "rules": []}]}
        for number, (title, expression) in enumerate(panels):
            check_expression(f"the panel {title}", expression, known)
            filled = expression.replace("$__rate_interval", "5m").replace("$job", "j").replace("$instance", "i")
            recorded["groups"][0]["rules"].append({"record": f"panel:{number}", "expr": filled})
        json.dump(recorded, open("panels.yml", "w"))
        must(["promtool", "check", "rules", "panels.yml"])
        print(f"ok: {len(expressions)} alerts and {len(panels)} queries of panels find what they ask for")

        page = open(f"{source}/docs/monitoring.md").read()
        table = set(re.findall(r"^\| `([a-z_]+)(?:\{[a-z_,]*\})?` \|", page, re.M))
        told = set(families(server))
        if table != told:
            fault(f"docs/monitoring.md has {sorted(table - told)} too much, and lacks {sorted(told - table)}")
        print(f"ok: all {len(told)} metrics are documented")
        os.chdir("/")


main()
