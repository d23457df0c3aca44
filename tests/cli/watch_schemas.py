#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# watch_schemas.py SUTURE SCHEMAS [RELEASE FIX]: what `suture watch` prints with --json is what docs/schemas says, and
# nothing that is not said there. With a kernel of the target store ($SUTURE_STORE), and a fix that it lacks, what is
# said of a kernel as well.
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from schema_check import SchemaCheck

suture, schemas = sys.argv[1], pathlib.Path(sys.argv[2])
release, fix = sys.argv[3:] if len(sys.argv) > 3 else (None, None)
check = SchemaCheck(schemas)
folder = None


def run(name, *words, statuses=(0,)):
    command = [suture, "watch", "--config", str(folder / "watch.toml"), "--json", *words]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    what = "suture watch " + " ".join(words)
    if finished.returncode not in statuses:
        sys.exit(f"{what} ends with {finished.returncode}: {finished.stdout}{finished.stderr}")
    document = json.loads(finished.stdout)
    check.check(name, document, what)
    return document


def put(cve, file, **more):
    (folder / "records" / f"{cve}.json").write_text(json.dumps({
        "dataType": "CVE_RECORD", "dataVersion": "5.1",
        "cveMetadata": {"cveId": cve, "state": "PUBLISHED", "dateUpdated": "2026-11-20T10:00:00.000Z"},
        "containers": {"cna": {
            "title": file, "descriptions": [{"lang": "en", "value": "What happens."}],
            "references": [{"url": "https://git.kernel.org/stable/c/" + "a" * 40, "tags": ["patch"]}],
            "affected": [{"vendor": "Linux", "product": "Linux", "programFiles": [file], "defaultStatus": "affected",
                          "versions": [{"version": "0", "lessThan": "2.6.22", "status": "unaffected", "versionType": "semver"},
                                       {"version": "6.1.176", "lessThanOrEqual": "6.1.*", "status": "unaffected",
                                        "versionType": "semver"}]},
                         {"vendor": "Linux", "product": "Linux", "programFiles": [file], "defaultStatus": "unaffected",
                          "versions": [{"version": "b" * 40, "lessThan": "a" * 40, "status": "affected",
                                        "versionType": "git"}]}], **more}}}))


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    for one in ("records", "kev", "epss"):
        (folder / one).mkdir()
    put("CVE-2026-53249", "net/ipv4/ip_options.c",
        metrics=[{"cvssV3_1": {"version": "3.1", "baseScore": 7.8, "baseSeverity": "HIGH",
                               "vectorString": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"}}])
    put("CVE-2026-46000", "net/rxrpc/conn_event.c")
    (folder / "records/CVE-2026-1003.json").write_text("{")
    (folder / "kev/kev.json").write_text(json.dumps({"title": "KEV", "catalogVersion": "1", "count": 1, "vulnerabilities": [{
        "cveID": "CVE-2026-53249", "vendorProject": "Linux", "product": "Kernel", "vulnerabilityName": "x",
        "dateAdded": "2026-11-01", "shortDescription": "x", "requiredAction": "Update.", "dueDate": "2026-11-20",
        "knownRansomwareCampaignUse": "Unknown"}]}))
    (folder / "epss/epss.csv").write_text("#model_version:v2025.03.14,score_date:2026-11-20T00:00:00+0000\n"
                                     "cve,epss,percentile\nCVE-2026-53249,0.01,0.7\n")
    (folder / "watch.toml").write_text(f'state = "{folder}/state"\n' +
                                       (f'target_store = "{os.environ["SUTURE_STORE"]}"\n' if release else "") +
                                       "".join(f'[[source]]\nname = "{one}"\nformat = "{form}"\nfolder = "{folder}/{at}"\n'
                                               for one, form, at in [("records", "cve", "records"), ("kev", "kev", "kev"),
                                                                     ("epss", "epss", "epss"),
                                                                     ("gone", "osv", "nowhere")]))
    run("error", "list", statuses=(1,))
    report = run("watch-sync", "sync", statuses=(1,))
    check.expect("what is new", sum(source["records"]["added"] for source in report["sources"]), 4)
    check.expect("sources with a problem", [one["source"] for one in report["sources"] if one["problem"]], ["gone"])
    check.expect("sources that never came to an end",
                 [one["source"] for one in run("watch-sources", "sources")["sources"] if one["synced"] is None], ["gone"])
    check.expect("kept aside", len(run("watch-kept-aside", "sources", "--kept-aside")["kept_aside"]), 1)
    check.expect("advisories", len(run("watch-list", "list")["advisories"]), 2)
    check.expect("exploited ones", [one["cve"] for one in run("watch-list", "list", "--exploited")["advisories"]],
                 ["CVE-2026-53249"])
    check.expect("voices", sorted(one["source"] for one in run("watch-show", "show", "CVE-2026-53249")["voices"]),
                 ["epss", "kev", "records"])
    run("error", "show", "CVE-2026-9999", statuses=(1,))

    check.expect("an empty queue", run("watch-take", "take", statuses=(10,)), {"entry": None})
    run("watch-want", "want", "CVE-2026-53249", "--target", "6.1.0-47")
    run("watch-queue", "queue")
    entry = run("watch-take", "take", "--builder", "forge")["entry"]
    for words in (["keep"], ["lose"]):
        run("watch-done", *words, str(entry["id"]), "--builder", "forge")
    run("watch-take", "take", "--builder", "forge")
    run("watch-done", "finish", str(entry["id"]), "--builder", "forge", "--outcome", "level 8")
    check.expect("what is done", [one["state"] for one in run("watch-queue", "queue", "--all")["queue"]], ["finished"])

    if release:
        target = ["--target", release]
        for options in ([], ["--fix", fix], ["--fix", fix, "--dry-build"], ["--dry-build"]):
            found = run("watch-explain", "explain", "CVE-2026-53249", *target, *options)
            check.expect(f"what is said with {options}", found["standing"], "affected")
        run("watch-explain", "explain", "CVE-2026-46000", *target)
        found = run("watch-affected", "affected", *target, "--all", "--dry-build")
        check.expect("findings", [one["standing"] for one in found["findings"]], ["affected", "not_affected"])

    of_kernels = {"watch-explain", "watch-affected"}
    sys.exit(check.finish(lambda one: one.startswith("watch-") and (release or one not in of_kernels)))
