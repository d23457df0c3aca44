#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: completion.bash SUTURE SUTURE.BASH
# Each command and long option that --help shows must be offered by the completion, and nothing else.
set -u
suture=$1
# shellcheck source=/dev/null
source "$2"
failed=0

# What the completion offers behind these words, one a line, sorted.
offered() {
  COMP_WORDS=(suture "$@")
  COMP_CWORD=$#
  COMPREPLY=()
  _suture
  printf '%s\n' "${COMPREPLY[@]}" | sort -u
}

expect_same() {
  local what=$1 shown=$2 known=$3
  [[ $shown == "$known" ]] && return
  echo "suture $what: --help and the completion differ:"
  diff <(echo "$shown") <(echo "$known") | sed -n 's/^</  only in --help:/p; s/^>/  only in the completion:/p'
  failed=1
}

# CLI11 does not repeat in the help of a subcommand what its parents take.
check() {
  local inherited=$1 help commands options
  shift
  help=$("$suture" "$@" --help) || { echo "suture $* --help fails"; exit 1; }
  options=$(grep -oE '^ +(-[a-z],)?--[a-z-]+(,--[a-z-]+)*' <<<"$help" | grep -oE -e '--[a-z-]+')
  commands=$(sed -n '/^S[Uu][Bb][Cc][Oo][Mm][Mm][Aa][Nn][Dd][Ss]:/,/^$/s/^  \([a-z][a-z-]*\).*/\1/p' <<<"$help")
  expect_same "$* --" "$(printf '%s\n' $inherited $options | sort -u)" "$(offered "$@" --)"
  [[ -n $commands ]] || return
  expect_same "$*" "$(sort -u <<<"$commands")" "$(offered "$@" '')"
  local command
  for command in $commands; do
    check "$(printf '%s\n' $inherited $options | grep -v -e --version)" "$@" "$command"
  done
}

check ''
[[ $failed == 0 ]] && echo "the completion knows all that --help shows"
exit $failed
