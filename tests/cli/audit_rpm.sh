#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# usage: audit_rpm.sh SUTURE
# Images of RPM distributions: packages that rpmbuild made and rpm installed, joined with what sources say in the
# forms of Red Hat, SUSE and OSV.
set -eu
suture=$1
for program in rpm rpmbuild gcc python3; do
  command -v $program >/dev/null || { echo "audit_rpm.sh: $program is missing: scripts/setup.sh --test installs it" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
die() {
  [ ! -f "$work/out" ] || cat "$work/out"
  echo "audit_rpm.sh: $1" >&2
  exit 1
}

# spec NAME [EPOCH:]VERSION-RELEASE VENDOR [STREAM]: a source package whose library is a package of its own, NAME-libs.
spec() {
  evr=$2
  epoch=
  case $evr in *:*) epoch="Epoch: ${evr%%:*}" evr=${evr#*:} ;; esac
  stream=
  [ -z "${4:-}" ] || stream="ModularityLabel: $4"
  cat <<TEXT
Name: $1
$epoch
Version: ${evr%-*}
Release: ${evr##*-}
Summary: A program
License: none
Vendor: $3
$stream
%define debug_package %{nil}
%description
A program
%package libs
Summary: Its library
$stream
%description libs
Its library
%build
echo 'const char $1_version[] = "$evr"; int $1_answer(void) { return 42; }' >library.c
gcc -shared -fPIC -Wl,-soname,lib$1.so.1 -o lib$1.so.1 library.c
echo 'int $1_answer(void); int main(void) { return $1_answer(); }' >program.c
gcc -o $1 program.c lib$1.so.1
%install
mkdir -p %{buildroot}/usr/lib64 %{buildroot}/usr/bin
install lib$1.so.1 %{buildroot}/usr/lib64
install $1 %{buildroot}/usr/bin
%files
/usr/bin/$1
%files libs
/usr/lib64/lib$1.so.1
TEXT
}
# image FOLDER OS-RELEASE: a root file system that has no packages yet.
image() {
  mkdir -p "$work/$1/etc" "$work/$1/var/lib/rpm"
  printf '%s\n' "$2" >"$work/$1/etc/os-release"
}
# put FOLDER NAME VERSION VENDOR [STREAM]: built and installed there. Into the database alone, since files of an image
# that does not run are not looked at, and nobody has to be root.
put() {
  name=$1
  shift
  spec "$@" >"$work/$1.spec"
  rm -rf "$work/top"
  rpmbuild -bb --define "_topdir $work/top" --define "_build_id_links none" "$work/$1.spec" >"$work/out" 2>&1 ||
    die "rpmbuild of $1"
  rpm --dbpath "$work/$name/var/lib/rpm" --justdb --nodeps --force -i "$work"/top/RPMS/*/*.rpm >"$work/out" 2>&1 ||
    die "rpm into $name"
}
# looks FOLDER PYTHON: what an audit of that image says, as JSON in `audit`.
looks() {
  "$suture" audit --root "$work/$1" --advisories "$work/state/advisories.db" --json >"$work/out" 2>"$work/err" || [ $? = 10 ] ||
    { cat "$work/err"; die "the audit of $1"; }
  python3 - "$work/out" "$2" <<'TEXT' || die "$1: $2"
import json, sys
audit = json.load(open(sys.argv[1]))
has = lambda cve: [f for f in audit["findings"] if f["cve"] == cve]
standing = lambda cve: (has(cve) or [{"standing": "closed"}])[0]["standing"]
steps = [step["how"] for step in audit["steps"]]
sys.exit(0 if eval(sys.argv[2]) else 1)
TEXT
}

image rhel 'ID="rhel"
ID_LIKE="fedora"
VERSION_ID="9.4"
PRETTY_NAME="Red Hat Enterprise Linux 9.4 (Plow)"'
put rhel openssl 1:3.0.7-24.el9 'Red Hat, Inc.'
put rhel expat 2.5.0-1.el9_3.1 'Red Hat, Inc.'
put rhel nodejs 1:16.20.2-1.module+el9.2.0+1+aaaa 'Red Hat, Inc.' nodejs:16:9020020230825081254:rhel9
put rhel nginx 1:1.24.0-1.el9 'nginx packaging'
put rhel curl 7.76.1~rc2-9.el9 'Red Hat, Inc.'
image rocky 'ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.4"
PRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"'
put rocky openssl 1:3.0.7-24.el9 'Rocky Enterprise Software Foundation'
put rocky nodejs 1:16.20.2-1.module+el9.2.0+1+aaaa 'Rocky Enterprise Software Foundation' nodejs:16:902:rhel9
put rocky snappy '1.1.8^20240101git-3.el9' 'Rocky Enterprise Software Foundation'
image alma 'ID="almalinux"
VERSION_ID="9.4"
PRETTY_NAME="AlmaLinux 9.4 (Seafoam Ocelot)"'
put alma openssl 1:3.0.7-27.el9 AlmaLinux
image leap 'ID="opensuse-leap"
VERSION_ID="15.6"
PRETTY_NAME="openSUSE Leap 15.6"'
put leap openssl 3.1.4-150600.5.7.1 'SUSE LLC <https://www.suse.com/>'
image sles 'ID="sles"
VERSION_ID="15.6"
PRETTY_NAME="SUSE Linux Enterprise Server 15 SP6"'
put sles openssl 3.1.4-150600.5.7.1 'SUSE LLC <https://www.suse.com/>'

# Documents as Red Hat's and SUSE's are: a tree of products, related to each other, and what is said of each.
mkdir -p "$work/redhat" "$work/suse" "$work/osv"
python3 - "$work" <<'TEXT'
import json, sys, urllib.parse
work = sys.argv[1]
def csaf(folder, cve, platforms, packages, status, modules=()):
    branches, relationships = [], []
    for name in platforms:
        branches.append({"category": "product_name", "name": name, "product": {"name": name, "product_id": name}})
    for purl, module in packages:
        branches.append({"category": "product_version", "name": purl, "product": {"name": purl, "product_id": purl,
            "product_identification_helper": {"purl": purl}}})
    for platform, module in modules:
        purl = "pkg:rpmmod/redhat/" + module.replace(":", "@", 1)
        branches.append({"category": "product_version", "name": module, "product": {"name": module, "product_id": module,
            "product_identification_helper": {"purl": purl}}})
        relationships.append({"category": "default_component_of", "product_reference": module,
            "relates_to_product_reference": platform,
            "full_product_name": {"name": module, "product_id": platform + ":" + module}})
    for purl, of in packages:
        for platform in of:
            relationships.append({"category": "default_component_of", "product_reference": purl,
                "relates_to_product_reference": platform,
                "full_product_name": {"name": purl, "product_id": platform + ":" + purl}})
    document = {"document": {"category": "csaf_vex", "csaf_version": "2.0", "title": cve,
        "tracking": {"id": cve, "current_release_date": "2026-06-01T00:00:00+00:00"}},
        "product_tree": {"branches": branches, "relationships": relationships},
        "vulnerabilities": [{"cve": cve, "product_status": status}]}
    json.dump(document, open(f"{work}/{folder}/{cve.lower()}.json", "w"))
def rpm(vendor, name, version, arch="src", **more):
    query = "&".join([f"arch={arch}"] + [f"{key}={value}" for key, value in more.items()])
    return f"pkg:rpm/{vendor}/{name}" + (f"@{urllib.parse.quote(version)}" if version else "") + "?" + query
base, stream, eus = "Red Hat Enterprise Linux BaseOS (v. 9)", "Red Hat Enterprise Linux AppStream (v. 9)", "Red Hat Enterprise Linux AppStream EUS (v.9.2)"
other, plain = "Red Hat Enterprise Linux BaseOS (v. 8)", "Red Hat Enterprise Linux 9"
def fixed(folder, cve, platform, purl, modules=()):
    csaf(folder, cve, [platform] if not modules else [modules[0][0]], [(purl, [platform])], {"fixed": [platform + ":" + purl]}, modules)
fixed("redhat", "CVE-2026-0001", base, rpm("redhat", "openssl", "3.0.7-27.el9", epoch=1))
fixed("redhat", "CVE-2026-0002", base, rpm("redhat", "openssl", "3.0.7-24.el9", epoch=1))
fixed("redhat", "CVE-2026-0003", other, rpm("redhat", "openssl", "1.1.1k-12.el8_9", epoch=1))
fixed("redhat", "CVE-2026-0004", base, rpm("redhat", "expat", "2.5.0-2.el9_4"))
affected = rpm("redhat", "expat", "")
csaf("redhat", "CVE-2026-0005", [plain], [(affected, [plain])], {"known_affected": [plain + ":" + affected]})
csaf("redhat", "CVE-2026-0006", [plain], [(affected, [plain])], {"known_not_affected": [plain + ":" + affected]})
# Of two streams, each with its fix: the package has that of its own.
m16, m18 = "nodejs:16:9020020230825081254:rhel9", "nodejs:18:9020020230825081254:rhel9"
n16 = rpm("redhat", "nodejs", "16.20.2-1.module+el9.2.0+1+aaaa", epoch=1)
n18 = rpm("redhat", "nodejs", "18.17.1-1.module+el9.2.0+1+bbbb", epoch=1)
csaf("redhat", "CVE-2026-0007", [stream], [(n16, [f"{stream}:{m16}"]), (n18, [f"{stream}:{m18}"])],
     {"fixed": [f"{stream}:{m16}:{n16}", f"{stream}:{m18}:{n18}"]}, [(stream, m16), (stream, m18)])
newer = rpm("redhat", "nodejs", "16.20.3-1.module+el9.2.0+2+cccc", epoch=1, rpmmod="nodejs:16:9:rhel9")
fixed("redhat", "CVE-2026-0008", stream, newer)
fixed("redhat", "CVE-2026-0009", stream, rpm("redhat", "nginx", "1.26.0-1.el9", epoch=1))
fixed("redhat", "CVE-2026-0010", base, rpm("redhat", "curl", "7.76.1-1.el9"))
fixed("redhat", "CVE-2026-0011", "Red Hat JBoss Web Server 9", rpm("redhat", "openssl", "3.9.9-1.el9", epoch=1))
fixed("redhat", "CVE-2026-0012", eus, rpm("redhat", "openssl", "3.0.7-99.el9_2", epoch=1))
def osv(ecosystem, cve, package, version, number=""):
    record = {"id": f"X-{cve}{number}", "modified": "2026-06-01T00:00:00Z", "upstream": [cve], "affected": [{
        "package": {"ecosystem": ecosystem, "name": package},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": version}]}]}]}
    json.dump(record, open(f"{work}/osv/{record['id']}.json", "w"))
osv("Rocky Linux:9", "CVE-2026-1001", "openssl", "1:3.0.7-27.el9")
osv("Rocky Linux:8", "CVE-2026-1002", "openssl", "1:9.9.9-1.el8")
osv("Rocky Linux:9", "CVE-2026-1003", "nodejs", "1:16.20.2-1.module+el9.2.0+1+aaaa", "-16")
osv("Rocky Linux:9", "CVE-2026-1003", "nodejs", "1:18.17.1-1.module+el9.2.0+1+bbbb", "-18")
osv("Rocky Linux:9", "CVE-2026-1004", "nodejs", "1:16.20.3-1.module+el9.2.0+1+cccc")
osv("Rocky Linux:9", "CVE-2026-1005", "snappy", "1.1.8-9.el9")
osv("Rocky Linux:9", "CVE-2026-1006", "snappy", "1.1.8^20240301git-1.el9")
osv("AlmaLinux:9", "CVE-2026-1101", "openssl-libs", "1:3.0.7-28.el9")
osv("AlmaLinux:9", "CVE-2026-1102", "openssl-libs", "1:3.0.7-27.el9")
osv("openSUSE:Leap 15.6", "CVE-2026-1201", "openssl", "3.1.4-150600.5.10.1")
osv("openSUSE:Leap 15.5", "CVE-2026-1202", "openssl", "3.9.9-1")
osv("openSUSE:Tumbleweed", "CVE-2026-1203", "openssl", "3.9.9-1")
osv("SUSE:Linux Enterprise Server 15 SP6", "CVE-2026-1204", "openssl", "3.1.4-150600.5.8.1")
module = "SUSE Linux Enterprise Module for Basesystem 15 SP6"
for cve, platform in (("CVE-2026-1301", module), ("CVE-2026-1302", "openSUSE Leap 15.6"), ("CVE-2026-1303", "SUSE Linux Enterprise Server 15 SP5")):
    library = f"openssl-libs-3.1.4-150600.5.9.1.x86_64"
    csaf("suse", cve, [platform], [(library, [platform])], {"recommended": [f"{platform}:{library}"]})
TEXT
cat >"$work/watch.toml" <<TEXT
state = "$work/state"
[[source]]
name = "redhat"
format = "csaf-vex"
folder = "$work/redhat"
[[source]]
name = "suse"
format = "csaf-vex"
folder = "$work/suse"
[[source]]
name = "osv"
format = "osv"
folder = "$work/osv"
TEXT
"$suture" watch --config "$work/watch.toml" sync >"$work/out" 2>&1 || die "sync"
if grep -q 'kept aside' "$work/out"; then die "something was kept aside"; fi

looks rhel 'audit["roots"][0]["packages"] == 10 and audit["roots"][0]["distribution"].startswith("Red Hat")'
looks rhel 'standing("CVE-2026-0001") == "affected" and has("CVE-2026-0001")[0]["fixed"] == "1:3.0.7-27.el9"'
looks rhel 'has("CVE-2026-0001")[0]["version"] == "1:3.0.7-24.el9" and has("CVE-2026-0001")[0]["by"] == ["redhat"]'
looks rhel 'standing("CVE-2026-0002") == "closed" and standing("CVE-2026-0003") == "closed"'
looks rhel 'standing("CVE-2026-0004") == "affected" and standing("CVE-2026-0005") == "affected" and standing("CVE-2026-0006") == "closed"'
looks rhel 'standing("CVE-2026-0007") == "closed" and standing("CVE-2026-0008") == "affected"'
looks rhel 'standing("CVE-2026-0009") == "under_investigation" and "nginx packaging" in has("CVE-2026-0009")[0]["reason"]'
looks rhel 'standing("CVE-2026-0010") == "affected"' # a tilde is before all
looks rhel 'standing("CVE-2026-0011") == "closed" and standing("CVE-2026-0012") == "closed"'
looks rhel '"update openssl to 1:3.0.7-27.el9" in steps and len(steps) == 4'
looks rocky '[f["cve"] for f in audit["findings"]] == ["CVE-2026-1004", "CVE-2026-1001", "CVE-2026-1006"]'
looks alma '[f["cve"] for f in audit["findings"]] == ["CVE-2026-1101"] and steps == ["update openssl to 1:3.0.7-28.el9"]'
looks leap '[f["cve"] for f in audit["findings"]] == ["CVE-2026-1201", "CVE-2026-1302"] and steps == ["update openssl to 3.1.4-150600.5.10.1"]'
looks sles '[f["cve"] for f in audit["findings"]] == ["CVE-2026-1204", "CVE-2026-1301"] and audit["steps"][0]["closes"] == 2'

# What is no database is told, and nothing hangs on it.
image broken 'ID=rocky'
printf 'SQLite format 3' >"$work/broken/var/lib/rpm/rpmdb.sqlite"
if "$suture" audit --root "$work/broken" --advisories "$work/state/advisories.db" >"$work/out" 2>&1; then die "no database"; fi
grep -q audit.packages "$work/out" || die "no database is told"

# Copies of libraries in what lies in an image and nobody runs.
mkdir -p "$work/alma/opt"
echo 'const char version[] = "expat_2.4.0"; int answer(void) { return version[0]; }' >"$work/library.c"
gcc -shared -fPIC -Wl,--build-id=sha1 -o "$work/alma/opt/vendor.so" "$work/library.c"
"$suture" audit --root "$work/alma" --files /opt --advisories "$work/state/advisories.db" >"$work/out" || [ $? = 10 ] || die "files"
grep -q '^/opt/vendor.so (on disk, not running)  *none  *expat 2.4.0' "$work/out" || die "the copy is not told"
