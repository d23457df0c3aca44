# SPDX-License-Identifier: Apache-2.0
#
# bash completion for suture(1). tests/cli/completion.bash checks that it knows all that --help shows.

_suture_targets() {
  # The name before the first blank of each line but the head; `debian:` too, since bash splits words at colons.
  suture target ${1:+--store "$1"} list 2>/dev/null | sed -n '2,$s/^[^:]*:\([^ ]*\) .*/\1/p'
}

_suture_functions() {
  # What a patchset or module replaces, and the functions that an object has besides.
  [[ -n $1 ]] && suture inspect "$1" 2>/dev/null | awk '
    /^OBJECT +(REPLACED )?FUNCTION /{ column = 2; next }
    /^(ADDED )?FUNCTION /{ column = 1; next }
    /^$/{ column = 0 }
    column { print $column }'
}

_suture_sources() {
  suture watch sources 2>/dev/null | sed -n '2,$s/ .*//p'
}

_suture() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command='' action='' store='' word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case ${COMP_WORDS[i - 1]} in
      --store) store=$word; continue ;;
      --target | --targets | --fix | --fixes | --header-units | --jobs | --level | --output | --repository | --repo | --channel | --keys | --expires | --config | \
        -o | --object | --symbols | --unit | --entry-size | --function | --original | --syntax | --build | --source | \
        --image | --modules | --headers | --kbuild | --packages | --compiler | --all | --key | --probe | --previous | --html | --accel | \
        --machines | --times | --timeout | --unqualified | --distribution | --bins | --to | --from | --after | --build-id | --reason | \
        --keep | --key-id | --threshold | --name | --passphrase-file | --request | --root | --head | --since | --grace | --state | --proxy | \
        --tls-ca | --tls-certificate | --tls-key | --engine | --module-key | --module-certificate | --bits | --days | --verdict | --lines | --effective-version | \
        --format | --author | --namespace | --textfile | --advisories | --package | --match | --score | --limit | --builder | --lease | --outcome | --failed | --priority | --code | --newer | --changelog | --reports) continue ;;
    esac
    [[ $word == -* ]] && continue
    if [[ -z $command ]]; then command=$word; elif [[ -z $action ]]; then action=$word; fi
  done

  COMPREPLY=()
  case $previous in
    --output | -o)
      if [[ $command =~ ^(delta|vex|oval)$ || $action =~ ^(fetch|oval)$ ]]; then compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return; fi
      ;;&
    --source) if [[ $command == watch ]]; then mapfile -t COMPREPLY < <(compgen -W "$(_suture_sources)" -- "$current"); return; fi ;;&
    --since) if [[ $command =~ ^(history|log|watch)$ ]]; then return; fi ;;&
    --store | --output | --fixes | --all | --probe | --previous | --repository | --repo | --keys | --state | --build | --source | --modules | --headers | --kbuild)
      compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
    --passphrase-file | --request | --root | --since | --tls-ca | --tls-certificate | --tls-key | \
      --module-key | --module-certificate | --textfile | --advisories | --reports | --fix | --config | --key | --html | --symbols | --original | --image | --packages) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    --target) mapfile -t COMPREPLY < <(compgen -W "$(_suture_targets "$store")" -- "$current"); return ;;
    --engine) mapfile -t COMPREPLY < <(compgen -W 'klp stopmachine' -- "$current"); return ;;
    --accel) mapfile -t COMPREPLY < <(compgen -W 'tcg auto' -- "$current"); return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'openvex csaf' -- "$current"); return ;;
    --syntax) mapfile -t COMPREPLY < <(compgen -W 'att intel' -- "$current"); return ;;
    --function) mapfile -t COMPREPLY < <(compgen -W "$(_suture_functions "$action")" -- "$current"); return ;;
    --channel | --to | --from) mapfile -t COMPREPLY < <(compgen -W 'canary testing stable' -- "$current"); return ;;
    --object) mapfile -t COMPREPLY < <(compgen -W "vmlinux $(cut -d ' ' -f 1 /proc/modules 2>/dev/null)" -- "$current"); return ;;
    --entry-size)
      mapfile -t COMPREPLY < <(compgen -S = -W 'alt_instr paravirt_patch_site exception_table_entry bug_entry jump_entry static_call_site orc_entry' -- "$current")
      return
      ;;
    --verdict) mapfile -t COMPREPLY < <(compgen -W 'patched fixed not-affected open' -- "$current"); return ;;
    --compiler) mapfile -t COMPREPLY < <(compgen -c -- "$current"); return ;;
    --targets) mapfile -t COMPREPLY < <(compgen -W "debian:* $(_suture_targets "$store")" -- "$current"); return ;;
    --distribution | --bins | --after | --build-id | --reason | --keep | --key-id | --threshold | --name | --head | --grace | --bits | --days | \
      --author | --namespace | --package | --match | --score | --limit | --builder | --lease | --outcome | --failed | --priority | --proxy | --level | --header-units | --jobs | --expires | --unit | --machines | --times | --timeout | --unqualified | --lines | --effective-version) return ;;
  esac

  local options='--json --help' words=''
  case $command in
    '') words='target build build-engine rebuild delta inspect qualify repo publish watch update revert status list-cves list info cve history log uname audit vex oval metrics check config stalled doctor'; options+=' --version' ;;
    target)
      options+=' --store'
      case $action in
        '') words='add list show search remove' ;;
        show | remove) words=$(_suture_targets "$store") ;;
        add)
          words='debian local rpm'
          options+=' --build --source --image --modules --headers --kbuild --config --hard-links --packages --compiler'
          ;;
        search) words='debian' ;;
      esac
      ;;
    inspect) options+=' --function --original --target --store --syntax --whole' ;;
    qualify) options+=' --all --key --probe --previous --engine --html --accel --again --machines --times --timeout --store' ;;
    build) options+=' --target --targets --fix --level --effective-version --output --header-units --jobs --engine --module-key --module-certificate --store' ;;
    build-engine) options+=' --target --output --module-key --module-certificate --store' ;;
    rebuild) options+=' --fixes --cached --store' ;;
    delta) options+=' --output --object --symbols --unit --entry-size' ;;
    repo)
      case $action in
        '') words='init status list renew add-channel promote withdraw expire add-key remove-key rotate sign apply key mok verify audit mirror fetch export import gc oval' ;;
        add-key | remove-key | rotate)
          # The repository comes first, then the role.
          words='root targets snapshot timestamp log canary testing stable'
          ;;&
        init | renew | add-channel | promote | withdraw | expire | add-key | remove-key | rotate | apply)
          options+=' --keys --passphrase-file --request --expires'
          ;;&
        init) options+=' --encrypt --channel --distribution --bins' ;;
        status) options+=' --keys' ;;
        add-channel) options+=' --distribution' ;;
        promote) options+=' --to --from --after --build-id' ;;
        withdraw) options+=' --channel --reason --build-id --distribution' ;;
        expire) options+=' --keep --channel' ;;
        add-key) options+=' --key --threshold' ;;
        remove-key) options+=' --key-id --threshold' ;;
        rotate) options+=' --name --encrypt' ;;
        sign) options+=' --keys --passphrase-file --key' ;;
        key) options+=' --passphrase-file --encrypt' ;;
        mok) options+=' --name --bits --days' ;;
        verify | mirror) options+=' --root --proxy --tls-ca --tls-certificate --tls-key' ;;
        audit) options+=' --root --head --proxy --tls-ca --tls-certificate --tls-key' ;;
        fetch) options+=' --root --output -o --state --proxy --tls-ca --tls-certificate --tls-key' ;;
        export) options+=' --since' ;;
        import) options+=' --root' ;;
        oval) options+=' --channel --output' ;;
        gc) options+=' --grace --dry-run' ;;
      esac
      ;;
    publish) options+=' --repository --repo --channel --keys --passphrase-file --request --expires --unqualified' ;;
    watch)
      options+=' --config --advisories'
      case $action in
        '') words='sync follow sources list show affected explain report queue want take keep finish lose' ;;
        sync) words=$(_suture_sources) ;;
        follow) options+=' --once' ;;
        sources) options+=' --kept-aside' words=$(_suture_sources) ;;
        list) options+=' --source --package --match --since --score --kernel --exploited --withdrawn --limit' ;;
        affected) options+=' --target --store --code --newer --changelog --dry-build --all --since --exploited --host --root --reports' ;;
        explain) options+=' --target --store --code --newer --changelog --dry-build --fix --host --root --reports' ;;
        report) options+=' --target --store --code --newer --changelog --since --format --output --author --namespace --host --root --reports' ;;
        queue) options+=' --all' ;;
        want) options+=' --target --reason --priority' ;;
        take) options+=' --builder --lease --target' ;;
        keep) options+=' --builder --lease' ;;
        finish) options+=' --builder --outcome --failed' ;;
        lose) options+=' --builder --outcome' ;;
      esac
      ;;
    config)
      options+=' --config'
      case $action in
        '') words='explain get set' ;;
        get | set) words=$(suture config explain 2>/dev/null | sed -n '2,$s/ .*//p') ;;
      esac
      ;;
    revert) options+=' --config --to' ;;
    history) options+=' --config --since' ;;
    log) options+=' --follow --lines --since' ;;
    uname) options+=' --config --all --kernel-name --nodename --kernel-release --kernel-version --machine --operating-system' ;;
    audit) options+=' --config --advisories --root --files --packages --findings' ;;
    cve) options+=' --config --verdict' ;;
    update | status | list-cves | list | info | check) options+=' --config' ;;
    vex) options+=' --config --format --author --namespace --output' ;;
    oval) options+=' --config --output' ;;
    metrics) options+=' --config --textfile' ;;
    doctor) options+=' --config --offline' ;;
  esac
  if [[ $current == -* ]]; then words=$options; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  if [[ ${#COMPREPLY[@]} -eq 0 && $current != -* && $command =~ ^(inspect|qualify|publish|rebuild|repo|delta)$ ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -F _suture suture
