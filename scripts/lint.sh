#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks how the tree is written. clang-tidy needs build/release/compile_commands.json.
set -eu
cd "$(dirname "$0")/.."

all_checks="format licences man shell kmod tidy"
usage() {
  cat <<'TEXT'
usage: scripts/lint.sh [--list] [CHECK...]

  format     C and C++ as clang-format-14 writes it
  licences   an SPDX line at the top of each file
  man        manual pages without mandoc warnings
  shell      shell scripts without shellcheck warnings
  kmod       kmod/ without warnings of the kernel's checkpatch.pl, where the target store has a kernel's source
  tidy       src/ without clang-tidy-19 warnings (.clang-tidy)
TEXT
}

# All files of ours with such a name; inputs of tests are not.
files() {
  find . \( -path ./build -o -path ./.git -o -path ./tests/data -o -path ./tests/golden/kpatch-x86_64 \
    -o -path ./tests/fuzz/corpus -o -path ./LICENSES \) -prune -o -type f \( "$@" \) -print
}

check_format() {
  files -name '*.cc' -o -name '*.h' -o -name '*.c' | xargs clang-format-14 --dry-run -Werror
}

check_licences() {
  status=0
  for file in $(files -name '*.cc' -o -name '*.h' -o -name '*.c' -o -name '*.inc' -o -name '*.S' \
    -o -name '*.sh' -o -name '*.bash' -o -name '*.cmake' -o -name CMakeLists.txt -o -name Makefile -o -name Kbuild \
    -o -name '*.[1-9]' -o -name '*.service' -o -name '*.timer' -o -name '*.toml' -o -name '*.sql' -o -name '*.py' \
    -o -name '*.js' -o -name '*.mjs' -o -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.html'); do
    # The second line, in scripts and pages that must begin otherwise.
    if ! head -n 2 "$file" | grep -q 'SPDX-License-Identifier: \(Apache-2\.0\|GPL-2\.0-only\)'; then
      echo "$file: no SPDX line at its top"
      status=1
    fi
  done
  return $status
}

check_man() {
  status=0
  for page in $(files -path '*/docs/man/*.[0-9]'); do
    mandoc -T lint -W warning "$page" || status=1
  done
  return $status
}

# SC2034: what scripts/versions.sh sets is used by those who read it.
check_shell() {
  { files -name '*.sh'; echo ./.ci/run; } | xargs shellcheck --shell=sh --severity=warning --exclude=SC2034
}

# The kernel's own script comes with its source only. What is not as it wants, since this is no part of one kernel:
# versions are asked for (LINUX_VERSION_CODE, and CONSTANT_COMPARISON, which takes KERNEL_VERSION() for a constant), and
# prototypes of the kernel's functions are written down (NEW_TYPEDEFS).
check_kmod() {
  # shellcheck source=scripts/versions.sh
  . scripts/versions.sh
  script=$(find "${SUTURE_STORE:-build/store}"/sources/debian/*_"$SUTURE_VERSION"/scripts/checkpatch.pl 2>/dev/null | head -n 1)
  if [ -z "$script" ]; then
    echo "lint.sh: kmod is not checked: the target store has no source of $SUTURE_VERSION"
    return 0
  fi
  perl "$script" --no-tree --no-summary --terse --show-types --max-line-length=120 \
    --ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON,NEW_TYPEDEFS \
    --file kmod/*.[ch]
}

check_tidy() {
  run-clang-tidy-19 -quiet -j "${JOBS:-$(nproc)}" -p build/release "$PWD/src/.*"
}

case ${1:-} in
  -h | --help) usage; exit 0 ;;
  --list) echo $all_checks; exit 0 ;;
esac
status=0
[ $# -gt 0 ] || eval "set -- $all_checks"
for check in "$@"; do
  case " $all_checks " in *" $check "*) ;; *) usage >&2; exit 2 ;; esac
  "check_$check" || { echo "lint.sh: $check failed" >&2; status=1; }
done
exit $status
