#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""server_notify.py SUTURE-SERVER: the real server tells real parties what happens: a mail server (aiosmtpd)
with TLS and authentication, and webhooks over HTTPS which check signatures on their own. They fail in all the
ways that they do, and the server is killed; nothing is lost, and what comes twice has the same id."""

import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

PATIENCE = 90


def fault(text):
    print("FAILED:", text)
    for name in ("server.log",):
        if os.path.exists(name):
            sys.stdout.write(open(name).read())
    sys.exit(1)


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            print("ok:", what)
            return found
        time.sleep(0.1)
    fault(f"it does not come to this: {what}")


def certificate(name, hosts):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName={hosts}", "-keyout", f"{name}.key", "-out", f"{name}.crt"],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{name}.crt", f"{name}.key")
    return context


class Mailbox:
    """What aiosmtpd hands over; `broken` makes it refuse."""

    def __init__(self):
        self.mails, self.broken, self.logins = [], False, 0

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins += 1
        right = data.login == b"suture" and data.password == b"a secret: of 2 words"
        return AuthResult(success=right)

    async def handle_DATA(self, server, session, envelope):
        if self.broken:
            return "451 later"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope, mail, session.ssl is not None))
        return "250 taken"

    def listen(self, **more):
        """aiosmtpd wants to know its port; another one is tried when somebody was quicker to take it."""
        for _ in range(20):
            with socket.create_server(("127.0.0.1", 0)) as probe:
                port = probe.getsockname()[1]
            controller = Controller(self, hostname="127.0.0.1", port=port, authenticator=self.authenticate, **more)
            try:
                controller.start()
                return controller
            except OSError:
                pass
        fault("no port is free")


class Webhook:
    """An HTTPS server that keeps what it is told. `behave` says what to do with a request."""

    def __init__(self, context):
        self.seen, self.secrets, self.behave = [], {}, lambda handler: handler.done(204)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.message = json.loads(body)
                outer.seen.append((self.path, self.headers, body))
                outer.behave(self)

            def do_GET(self):
                outer.seen.append((self.path, self.headers, b""))
                self.done(200)

            def done(self, status, headers=(), body=b""):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.handler, self.context, self.port = Handler, context, 0
        self.open()

    def open(self):
        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request, client_address):
                pass

        self.server = Quiet(("127.0.0.1", self.port), self.handler)
        self.port = self.server.server_address[1]
        if self.context:
            self.server.socket = self.context.wrap_socket(self.server.socket, server_side=True,
                                                          do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def at(self, path):
        return [one for one in self.seen if one[0] == path]

    def check(self, path, secret):
        """As the specification says, with nothing of ours."""
        for _, headers, body in self.at(path):
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            key = base64.b64decode(secret.removeprefix("whsec_"))
            mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
            if headers["webhook-signature"] != "v1," + mac:
                fault(f"the signature of {headers['webhook-id']} is wrong")
            if abs(time.time() - int(headers["webhook-timestamp"])) > 120:
                fault("the timestamp is not that of the try")
            if json.loads(body)["id"] != headers["webhook-id"]:
                fault("the id in the body is another one")


class Server:
    def __init__(self, program, *options):
        self.program, self.options, self.token = program, options, None

    def start(self):
        if os.path.exists("port"):
            os.unlink("port")
        self.process = subprocess.Popen(
            [self.program, "--listen", "127.0.0.1:0", "--database", "fleet.db", "--port-file", "port",
             *self.options], stdout=subprocess.DEVNULL, stderr=open("server.log", "a"))
        wait_for("the server is up", lambda: os.path.exists("port") and open("port").read().endswith("\n"))
        self.url = f"http://127.0.0.1:{open('port').read().strip()}"

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(PATIENCE) != 0:
            fault("the server did not end well")

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method)
        if self.token:
            request.add_header("Authorization", "Bearer " + self.token)
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, data, timeout=PATIENCE) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text.startswith(b"{") else text.decode()
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def must(self, status, method, path, body=None):
        got, answer = self.ask(method, path, body)
        if got != status:
            fault(f"{method} {path}: {got} {answer}")
        return answer

    def report(self, number, state="applied"):
        self.must(202, "POST", "/api/v1/reports", {
            "format": 1, "host_id": f"{number:032x}", "hostname": f"web{number}", "agent": "sutured 0.1.0",
            "boot_id": "6f3c2f0e-0000-4000-8000-000000000000", "uptime_seconds": 1,
            "release": "6.1.0-47-cloud-amd64", "architecture": "x86_64", "build_id": "01" * 20, "state": state,
            "level": 1 if state == "applied" else 0, "channel": "stable", "cves": [], "changed_at": "",
            "checked_at": "2026-11-24T10:00:00Z", "error": None})


def main():
    program = os.path.realpath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="suture-notify") as work:
        os.chdir(work)
        run(program)
        os.chdir("/")


def run(program):
    context = certificate("party", "DNS:localhost,IP:127.0.0.1")
    stranger = certificate("stranger", "DNS:localhost,IP:127.0.0.1")
    with open("credentials", "w") as file:
        file.write("suture\na secret: of 2 words\n")
    os.chmod("credentials", 0o600)
    mailbox = Mailbox()
    smtp = mailbox.listen(tls_context=context, require_starttls=True, auth_required=True)
    hook = Webhook(context)

    server = Server(program, "--mail-server", f"smtp://127.0.0.1:{smtp.port}", "--mail-from", "suture@example.org",
                    "--mail-credentials", "credentials", "--notify-ca", "party.crt", "--fleet-name", "prod",
                    "--public-url", "https://suture.example.org", "--notify-settle", "1")
    server.start()
    server.token = None
    code, answer = server.ask("GET", "/api/v1/notifications")
    if code != 401:
        fault(f"the receivers are there for everybody: {code} {answer}")
    made = subprocess.run([program, "--database", "fleet.db", "token", "add", "--name", "admin", "--role", "admin"],
                          check=True, capture_output=True, text=True)
    server.token = made.stdout.strip().splitlines()[-1]

    # Mail: a test, then what happened, many in one.
    mail = server.must(201, "POST", "/api/v1/notifications",
                       {"name": "ops", "way": "mail", "to": ["ops@example.org", "night@example.org"],
                        "severity": "info", "interval_seconds": 0})
    test = server.must(202, "POST", f"/api/v1/notifications/{mail['id']}/test")
    envelope, text, encrypted = wait_for("the test mail is here", lambda: mailbox.mails and mailbox.mails[0])
    if not encrypted or mailbox.logins != 1:
        fault("the mail did not come through TLS and authentication")
    if envelope.rcpt_tos != ["ops@example.org", "night@example.org"] or envelope.mail_from != "suture@example.org":
        fault(f"the envelope is {envelope.mail_from} {envelope.rcpt_tos}")
    if text["Subject"] != "[prod] test message of suture-server" or test["id"] not in text["Message-ID"]:
        fault(f"the test mail is {text}")
    for number in range(1, 41):
        server.report(number)
    wait_for("forty new hosts are told by mail", lambda: len(mailbox.mails) > 1)
    time.sleep(8)
    told = [mail for _, mail, _ in mailbox.mails[1:]]
    if len(told) > 3 or "new hosts reported" not in told[0]["Subject"]:
        fault(f"forty hosts became {[mail['Subject'] for mail in told]}")
    if "https://suture.example.org" not in told[0].get_content():
        fault("no link is in the mail")

    # A mail server that refuses for a while.
    mailbox.broken = True
    before = len(mailbox.mails)
    late = server.must(202, "POST", f"/api/v1/notifications/{mail['id']}/test")
    messages = f"/api/v1/notifications/{mail['id']}/messages"
    wait_for("a mail that was refused waits",
             lambda: "451 later" in (server.must(200, "GET", messages)["messages"][0]["error"] or ""))
    mailbox.broken = False
    wait_for("it arrives when the mail server is well",
             lambda: any(late["id"] in mail["Message-ID"] for _, mail, _ in mailbox.mails[before:]))

    # A webhook, checked without anything of ours.
    url = f"https://localhost:{hook.port}"
    chat = server.must(201, "POST", "/api/v1/notifications",
                       {"name": "chat", "way": "webhook", "url": url + "/chat", "severity": "info", "interval_seconds": 0})
    if "secret" in server.must(200, "GET", f"/api/v1/notifications/{chat['id']}"):
        fault("the secret is shown twice")
    server.report(100)
    wait_for("a webhook is told of a new host",
             lambda: any(b"host.new" in body and b"web100" in body for _, _, body in hook.at("/chat")))
    hook.check("/chat", chat["secret"])

    # 500s, then a slow answer, then one that never ends; the id stays.
    def troubled(handler):
        tries = len(hook.at(handler.path))
        if handler.path != "/trouble" or tries > 1:
            handler.done(200, body=b"x" * (1 << 20))
        else:
            handler.done(500)
    hook.behave = troubled
    trouble = server.must(201, "POST", "/api/v1/notifications",
                          {"name": "trouble", "way": "webhook", "url": url + "/trouble", "severity": "critical"})
    server.must(202, "POST", f"/api/v1/notifications/{trouble['id']}/test")
    path = f"/api/v1/notifications/{trouble['id']}/messages"
    wait_for("a message that was answered 500 is sent later",
             lambda: len(server.must(200, "GET", path + "?state=sent")["messages"]) == 1)
    if len({headers["webhook-id"] for _, headers, _ in hook.at("/trouble")}) != 1:
        fault("the second try has another id")
    hook.check("/trouble", trouble["secret"])

    # Redirects lead nowhere.
    hook.behave = lambda handler: handler.done(302, [("Location", url + "/elsewhere")])
    away = server.must(201, "POST", "/api/v1/notifications",
                       {"name": "away", "way": "webhook", "url": url + "/away", "severity": "critical"})
    server.must(202, "POST", f"/api/v1/notifications/{away['id']}/test")
    path = f"/api/v1/notifications/{away['id']}/messages"
    wait_for("a redirect is a failure",
             lambda: "302" in (server.must(200, "GET", path)["messages"][0]["error"] or ""))
    if hook.at("/elsewhere"):
        fault("a redirect was followed")
    # 410: nobody is there any more. The dead message is seen, counted, and can be revived.
    hook.behave = lambda handler: handler.done(410)
    wait_for("one that is gone is given up", lambda: len(server.must(200, "GET", path + "?state=dead")["messages"]) == 1)
    if "suture_fleet_notifications_dead 1\n" not in server.must(200, "GET", "/metrics"):
        wait_for("the dead message is a metric",
                 lambda: "suture_fleet_notifications_dead 1\n" in server.must(200, "GET", "/metrics"))
    hook.behave = lambda handler: handler.done(204)
    if server.must(202, "POST", f"/api/v1/notifications/{away['id']}/retry") != {"retried": 1}:
        fault("the dead message is not tried again")
    wait_for("it is sent after all", lambda: len(server.must(200, "GET", path + "?state=sent")["messages"]) == 1)

    # A certificate of somebody else's, and a name that leads to a cloud's metadata.
    other = Webhook(stranger)
    for name, where, reason in (("stranger", f"https://localhost:{other.port}/", "certificate"),
                                ("metadata", "https://169.254.169.254/latest", "notify.refused-address")):
        made = server.must(201, "POST", "/api/v1/notifications",
                           {"name": name, "way": "webhook", "url": where, "severity": "critical"})
        server.must(202, "POST", f"/api/v1/notifications/{made['id']}/test")
        path = f"/api/v1/notifications/{made['id']}/messages"
        wait_for(f"{name} is not told: {reason}",
                 lambda: reason in (server.must(200, "GET", path)["messages"][0]["error"] or ""))
        server.must(200, "DELETE", f"/api/v1/notifications/{made['id']}")
    if other.seen:
        fault("a stranger was told")
    server.must(400, "POST", "/api/v1/notifications",
                {"name": "plain", "way": "webhook", "url": "http://example.org/", "severity": "critical"})

    # The receiver is away while things happen, the server is killed twice, and the receiver comes back.
    known = set(range(200, 230))
    before = len(hook.at("/chat"))
    hook.close()
    for number in sorted(known)[:15]:
        server.report(number)
    time.sleep(3)
    server.kill()
    server.start()
    for number in sorted(known)[15:]:
        server.report(number)
    server.kill()
    hook.behave = lambda handler: (time.sleep(1.5), handler.done(204))
    hook.open()
    server.start()

    def told_of():
        names = set()
        for _, _, body in hook.at("/chat")[before:]:
            for event in json.loads(body)["data"]["events"]:
                names.add(event["subject"])
        return names >= {f"web{number}" for number in known}
    wait_for("what happened meanwhile is told", told_of)

    # Killed while a message is on its way: it comes again, and says that it is the same.
    hook.behave = lambda handler: time.sleep(30)
    before = len(hook.at("/chat"))
    test = server.must(202, "POST", f"/api/v1/notifications/{chat['id']}/test")
    wait_for("a message is on its way", lambda: len(hook.at("/chat")) > before)
    server.kill()
    hook.behave = lambda handler: handler.done(204)
    server.start()
    path = f"/api/v1/notifications/{chat['id']}/messages"
    row = server.must(200, "GET", path)["messages"][0]
    if row["id"] != test["id"] or row["state"] != "waiting" or row["attempts"] != 1:
        fault(f"the message that was on its way is {row}")
    print("ok: the message that was on its way is still to be sent")
    wait_for("it is sent when the claim of the server that died has run out",
             lambda: server.must(200, "GET", path)["messages"][0]["state"] == "sent")
    if len([one for one in hook.at("/chat") if one[1]["webhook-id"] == test["id"]]) != 2:
        fault("it did not come twice under one id")
    hook.check("/chat", chat["secret"])
    for line in ('suture_server_notifications_total{way="webhook",result="failed"}', "suture_fleet_notifications_waiting"):
        if line not in server.must(200, "GET", "/metrics"):
            fault(f"no {line} is in the metrics")
    server.stop()
    smtp.stop()
    if "a secret" in open("server.log").read() or chat["secret"] in open("server.log").read():
        fault("a secret is in the log")
    log = subprocess.run([program, "--database", "fleet.db", "audit", "--verify"], capture_output=True, text=True)
    if log.returncode != 0:
        fault("the audit log is broken: " + log.stderr)


main()
