# SPDX-License-Identifier: Apache-2.0
#
# What tests of `suture watch` share: sourced, with $suture and a folder $work.
watch() { "${suture:?}" watch --config "${work:?}/watch.toml" "$@"; }
expect() { # TEXT COMMAND...
  text=$1
  shift
  "$@" >"$work/out" 2>&1 || { cat "$work/out"; echo "failed: $*" >&2; exit 1; }
  grep -qF -- "$text" "$work/out" || { cat "$work/out"; echo "no \"$text\": $*" >&2; exit 1; }
}
also() { # TEXT: which the last one said, too
  grep -qF -- "$1" "$work/out" || { cat "$work/out"; echo "no \"$1\"" >&2; exit 1; }
}
never() { # TEXT: which the last one did not say
  ! grep -qF -- "$1" "$work/out" || { cat "$work/out"; echo "\"$1\" is said" >&2; exit 1; }
}
