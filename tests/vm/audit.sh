#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Processes that really run: a library that was replaced under some of them, a copy of it under another name, and a
# container of another distribution; and what an audit makes of it, as root and as anybody.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
for program in gcc rpm rpmbuild; do
  command -v $program >/dev/null || { echo "audit.sh: $program is missing: scripts/setup.sh --test installs it" >&2; exit 1; }
done

# library FILE SONAME VERSION: what expat leaves of itself in its code.
library() {
  echo "const char version[] = \"expat_$3\"; const char* XML_ExpatVersion(void) { return version; }" >"$work/library.c"
  gcc -shared -fPIC -Wl,--build-id=sha1 "-Wl,-soname,$2" -o "$work/$1" "$work/library.c"
}
# program NAME LIBRARY RPATH: says that it runs in a file, and waits.
program() {
  cat >"$work/program.c" <<'TEXT'
#include <stdio.h>
#include <unistd.h>
const char* XML_ExpatVersion(void);
int main(int argc, char** argv) {
  FILE* said = argc > 1 ? fopen(argv[1], "w") : NULL;
  if (said == NULL || fprintf(said, "%s\n", XML_ExpatVersion()) < 0 || fclose(said) != 0) return 1;
  pause();
  return 0;
}
TEXT
  gcc -o "$work/$1" "$work/program.c" "$work/$2" "-Wl,-rpath,$3"
}
library libexpat.so.1 libexpat.so.1 2.4.1
program reader libexpat.so.1 /usr/lib
library libexpat.new libexpat.so.1 2.5.0
library libvendor.so.3 libvendor.so.3 2.4.0
program vendor libvendor.so.3 /opt/app

# The container's packages, as rpm has them.
mkdir -p "$work/rpm"
cat >"$work/expat.spec" <<TEXT
Name: expat
Version: 2.4.1
Release: 2.el9
Summary: A library
License: none
Vendor: AlmaLinux
%define debug_package %{nil}
%description
A library
%install
mkdir -p %{buildroot}/usr/lib
cp $work/libexpat.so.1 %{buildroot}/usr/lib
%files
/usr/lib/libexpat.so.1
TEXT
rpmbuild -bb --define "_topdir $work/top" --define "_build_id_links none" "$work/expat.spec" >"$work/out" 2>&1 ||
  { cat "$work/out"; exit 1; }
rpm --dbpath "$work/rpm" --justdb --nodeps -i "$work"/top/RPMS/*/*.rpm

cat >"$work/advisories.jsonl" <<'TEXT'
{"source": "tracker", "cve": "CVE-2022-40674", "products": [{"ecosystem": "Debian:bookworm", "name": "expat", "ranges": [{"affected": true, "order": "debian", "fixed": "2.4.8-1"}]}]}
{"source": "tracker", "cve": "CVE-2022-43680", "products": [{"ecosystem": "Debian:bookworm", "name": "expat", "ranges": [{"affected": true, "order": "debian", "fixed": "2.4.9-1"}]}]}
{"source": "alma", "cve": "CVE-2022-40674", "products": [{"ecosystem": "AlmaLinux:9", "name": "expat", "ranges": [{"affected": true, "order": "rpm", "fixed": "2.4.8-1.el9"}]}]}
{"source": "cna", "cve": "CVE-2022-25235", "products": [{"ecosystem": "libexpat project", "name": "expat", "ranges": [{"affected": true, "order": "other", "fixed": "2.4.5"}]}]}
TEXT

machine --program "$bin/suture" --program "$bin/suture-host" --program "$work/reader" --program "$work/vendor" \
  --file "$work/libexpat.so.1:/usr/lib/libexpat.so.1" --file "$work/libexpat.new" \
  --file "$work/libvendor.so.3:/opt/app/libvendor.so.3" --folder "$work/rpm" --file "$work/advisories.jsonl" \
  --memory 768 --timeout 300 --script tests/vm/audit.guest.sh --junit "$work/checks.xml"
