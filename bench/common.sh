# SPDX-License-Identifier: Apache-2.0
#
# What the scripts share that measure other tools: sourced in the root of the tree, with start_folder set.
program=bench/$(basename "$0")

die() {
  echo "$program: $1" >&2
  exit 1
}

absolute() { # PATH, as of the folder the script was started in
  case $1 in
    /*) echo "$1" ;;
    *) echo "${start_folder:?}/$1" ;;
  esac
}

make_work() { # [FOLDER]: sets work, which goes at the end unless it is that folder
  if [ -n "${1:-}" ]; then
    mkdir -p "$1"
    [ -z "$(ls -A "$1")" ] || die "$1 is not empty"
    work=$1
  else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
  fi
}

find_suture() { # sets suture and store
  store=$(absolute "${SUTURE_STORE:-$PWD/build/store}")
  suture=$(absolute "${SUTURE:-$PWD/build/release/bin/suture}")
  [ -x "$suture" ] || die "run scripts/demo.sh first, it builds suture; or set SUTURE"
}

show_target() { # RELEASE
  "$suture" target show "$1" --store "$store" >"$work/target" || die "no target $1 in $store"
}

target_path() { # what `suture target show` says of source, config, …
  sed -n "s/^$1  *//p" "$work/target"
}

need_tools() { # NAME...
  for tool in "$@"; do
    env sh -c "command -v $tool" >/dev/null || die "$tool is not installed, see --help"
  done
}

serve() { # REPOSITORY: sets server, a process, and url, where that serves it; $bin has the programs
  "${bin:?}/suture-server" --listen 127.0.0.1:0 --port-file "$work/port" --repository "$1" \
    --database "$work/fleet.sqlite" >"$work/server.log" 2>&1 &
  server=$!
  for _ in $(seq 100); do
    [ -s "$work/port" ] && break
    sleep 0.1
  done
  url=http://127.0.0.1:$(cat "$work/port")/repository
}

timed() { # NAME COMMAND...: wall time and processor time; what the command prints goes to a file
  name=$1
  shift
  bench/measure.py "$work/time" "$@" >"$work/out" 2>&1 </dev/null || { tail -n 40 "$work/out"; die "$name failed"; }
  report "$name"
}

stepped() { # NAME COMMAND...: the same, but each line that it prints is shown, with the time until it came
  name=$1
  shift
  start=$(date +%s.%N)
  rm -f "$work/done"
  {
    bench/measure.py "$work/time" "$@" 2>&1 </dev/null && : >"$work/done"
  } | while IFS= read -r line; do
    printf '%9.1f s  %s\n' "$(echo "$start $(date +%s.%N)" | awk '{ print $2 - $1 }')" "$line"
  done
  report "$name"
  [ -e "$work/done" ]
}

report() { # NAME
  awk -v name="$1" '{ printf "%-44s %8.2f s wall %8.2f s cpu (user %.2f, system %.2f) %6.0f MB\n", name, $1, $2 + $3, $2,
    $3, $4 / 1000 }' "$work/time"
}

show_machine() { # JOBS
  echo "machine    $(getconf _NPROCESSORS_ONLN) processors, $1 jobs, load $(cut -d' ' -f1-3 /proc/loadavg)"
}

show_module() { # FILE
  echo "$(basename "$1"): $(wc -c <"$1") bytes, vermagic $(modinfo -F vermagic "$1")"
}
