# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine, which becomes a Debian with a service, somebody's process, a program that brings its own
# library, and a container of AlmaLinux.
chmod -R a+rX /root

# runs FILE COMMAND...: in the background, and true once it says that it runs; its number is then in $pid.
runs() {
  runs_file=$1
  shift
  "$@" >/dev/null 2>&1 &
  pid=$!
  wait_for 30 test -s "$runs_file"
}
package() { # NAME VERSION SOURCE FILE...
  printf 'Package: %s\nStatus: install ok installed\nVersion: %s\nSource: %s\n\n' "$1" "$2" "$3" >>/var/lib/dpkg/status
  list=/var/lib/dpkg/info/$1.list
  shift 3
  printf '%s\n' "$@" >"$list"
}
packages() { # VERSION of expat
  mkdir -p /var/lib/dpkg/info /var/log
  : >/var/lib/dpkg/status
  package libexpat1 "$1" expat /usr/lib/libexpat.so.1
  package reader 1 reader /usr/bin/reader
  package busybox 1 busybox "$(readlink -f /proc/1/exe)" /bin/busybox
}
printf 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n' >/etc/os-release
# audit USER: as JSON in one line, whatever is open.
audit() {
  su "$1" -s /bin/sh -c 'suture audit --advisories /root/advisories.jsonl --json' >/tmp/audit.json 2>/tmp/audit.err
  status=$?
  [ $status = 0 ] || [ $status = 10 ] || cat /tmp/audit.err
  tr -s ' \n' '  ' </tmp/audit.json >/tmp/audit.line
  return $status
}
list_of() { # NAME: the list of that name, which the next name in the document ends
  sed "s/.*\"$1\": \[\(.*\)/\1/; s/ \], \"$2\": .*//" /tmp/audit.line
}
numbers() { # of "pids" in what is read
  sed 's/"pids": \[/\n@/g' | sed -n 's/^@\([^]]*\)\].*/\1/p' | tr -d ' ' | tr ',' '\n' | sort -n | tr '\n' ' '
}
sorted() { printf '%s\n' "$@" | sort -n | tr '\n' ' '; }
hows() { grep -o '"how": "[^"]*"' | sed 's/"how": "\(.*\)"/\1/' | sort; }

step "what runs before the update"
packages 2.4.1-2
mkdir -p /cgroup && mount -t cgroup2 cgroup2 /cgroup && mkdir -p /cgroup/system.slice/reader.service
check "a service" runs /tmp/service reader /tmp/service
service=$pid
echo "$service" >/cgroup/system.slice/reader.service/cgroup.procs
check "somebody's process" runs /tmp/user su nobody -s /bin/sh -c 'exec reader /tmp/user'
user=$pid
check "one with a library of its own" runs /tmp/vendor vendor /tmp/vendor
mkdir -p /container/etc /container/usr/bin /container/usr/lib /container/var/lib /container/tmp /container/old
printf 'ID="almalinux"\nVERSION_ID="9.4"\nPRETTY_NAME="AlmaLinux 9.4"\n' >/container/etc/os-release
# What the program needs, where it needs it.
for file in /usr/bin/reader /usr/lib/libexpat.so.1 $(sed -n 's/.* \(\/.*\(ld-linux\|libc\.so\).*\)$/\1/p' "/proc/$service/maps" | sort -u); do
  mkdir -p "/container$(dirname "$file")"
  cp -L "$file" "/container$file"
done
mkdir -p /container/lib64 && cp -L /lib64/ld-linux-x86-64.so.2 /container/lib64/
cp -r /root/rpm /container/var/lib/rpm
cp /bin/busybox /container/usr/bin/busybox 2>/dev/null || cp "$(readlink -f /proc/1/exe)" /container/usr/bin/busybox
# A root of its own: another file system, moved to where the root is.
cat >/tmp/contain <<'TEXT'
mkdir -p /box && mount -t tmpfs box /box && cp -a /container/. /box/ && cd /box && mount --move . / && exec chroot . /usr/bin/reader /tmp/said
TEXT
unshare -m sh /tmp/contain &
container=$!
in_container() { test -s "/proc/$container/root/tmp/said"; }
check "a container" wait_for 30 in_container

step "the library is updated"
date '+%Y-%m-%d %H:%M:%S upgrade libexpat1:amd64 2.4.1-2 2.5.0-1' >/var/log/dpkg.log.2
gzip /var/log/dpkg.log.2
echo '2040-01-01 00:00:00 startup archives unpack' >/var/log/dpkg.log
cp /root/libexpat.new /usr/lib/libexpat.so.1.new && mv /usr/lib/libexpat.so.1.new /usr/lib/libexpat.so.1
packages 2.5.0-1
check "a process that is started now" runs /tmp/newer reader /tmp/newer
check_equal "it has the new library" expat_2.5.0 "$(cat /tmp/newer)"
check_equal "and the service the old one" expat_2.4.1 "$(cat /tmp/service)"

step "as root"
audit root
check_equal "something is open" 10 $?
check_equal "no process is hidden" 1 "$(grep -c '"hidden_processes": 0' /tmp/audit.line)"
list_of restarts roots >/tmp/restarts
check_equal "exactly those with the old library are to be restarted" "$(sorted "$service" "$user")" "$(numbers </tmp/restarts)"
check_equal "the service by its name, the other by its number" "$(printf 'start anew: %s\nsystemctl restart reader.service' "$user")" \
  "$(hows </tmp/restarts)"
check_equal "what they run is outdated" 2 "$(grep -o '"outdated": \[ "/usr/lib/libexpat.so.1" \]' /tmp/restarts | wc -l)"
list_of files findings >/tmp/files
check_equal "the copy is found under its other name" 1 \
  "$(grep -o '"library": "expat"[^{]*"version": "2.4.0" } \], "package": null, "path": "/opt/app/libvendor.so.3"' /tmp/files | wc -l)"
check_equal "and no other copy outside of the container" 1 "$(grep -o '"path": "[^"]*lib[a-z]*.so.[0-9]*"[^}]*"root": 0' /tmp/files | grep -c vendor)"
list_of findings hidden_processes >/tmp/findings
# What Debian says of its own package is of a copy only a question.
check_equal "what is open in which of the four" "1 affected copy CVE-2022-25235
1 affected package CVE-2022-40674
2 affected running CVE-2022-40674
2 affected running CVE-2022-43680
1 under_investigation copy CVE-2022-40674
1 under_investigation copy CVE-2022-43680" "$(sed 's/{ "by"/\n&/g' /tmp/findings |
  sed -n 's/.*"cve": "\([^"]*\)".*"kind": "\([a-z]*\)", "owner".*"standing": "\([a-z_]*\)".*/\3 \2 \1/p' | sort | uniq -c |
  sed 's/^ *//')"
check_equal "the container's packages are those of its own list" 1 \
  "$(list_of roots steps | grep -c '"distribution": "AlmaLinux 9.4", "name": "[^"]*", "packages": 1, "problem": null')"
check_equal "and its step is there" 1 "$(grep -c '"how": "update expat to 2.4.8-1.el9 in root of process '"$container"'"' /tmp/audit.line)"

step "as anybody"
audit nobody
check_equal "something is open" 10 $?
check_equal "only the own process is to be restarted" "$user " "$(list_of restarts roots | numbers)"
hidden=$(sed -n 's/.*"hidden_processes": \([0-9]*\).*/\1/p' /tmp/audit.line)
seen() { [ "${hidden:-0}" -ge 4 ]; }
check "how many others there are is told" seen
su nobody -s /bin/sh -c 'suture audit --advisories /root/advisories.jsonl' >/tmp/out 2>&1
check "and that root sees them" grep -q "$hidden processes may not be looked at: as root, all may" /tmp/out

step "after the restarts"
kill "$service" "$user"
gone() { ! kill -0 "$service" 2>/dev/null && ! kill -0 "$user" 2>/dev/null; }
check "the old ones end" wait_for 30 gone
audit root
check_equal "nothing outdated runs" "" "$(list_of restarts roots | numbers)"
