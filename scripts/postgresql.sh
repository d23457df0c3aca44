#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command with a PostgreSQL server of its own, which is made for it and is gone afterwards. The server
# listens on a socket in a temporary folder and nowhere else. Whoever runs this as root has the server run as
# nobody, since PostgreSQL refuses root.
set -eu

usage() {
  cat <<'TEXT'
usage: scripts/postgresql.sh COMMAND [ARGUMENT…]

  $SUTURE_TEST_POSTGRESQL   tells the command the server's address: postgresql://tester@/postgres?host=FOLDER
  $SUTURE_POSTGRESQL_FOLDER tells it where the server's data (data/), log and `control` are:
                            sh control start|stop|kill
TEXT
}

case ${1:--h} in
  -h | --help) usage; exit 0 ;;
esac

programs=
for folder in /usr/lib/postgresql/*/bin; do
  [ -x "$folder/initdb" ] && programs=$folder
done
[ -n "$programs" ] || { echo "postgresql.sh: PostgreSQL is not installed (scripts/setup.sh --test)" >&2; exit 1; }

folder=$(mktemp -d /tmp/suture-pg.XXXXXX)
as=
if [ "$(id -u)" = 0 ]; then
  chown nobody "$folder"
  as="setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs"
fi

cat >"$folder/control" <<END
cd "$folder"
case \$1 in
  start) exec $as "$programs/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 -s start ;;
  stop) exec $as "$programs/pg_ctl" -D "$folder/data" -w -t 60 -s -m fast stop ;;
  kill) exec $as "$programs/pg_ctl" -D "$folder/data" -w -t 60 -s -m immediate stop ;;
esac
exit 2
END

clean_up() {
  sh "$folder/control" kill >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# The order of letters is that of a language, not of bytes: what relies on the latter must say so.
(cd "$folder" && $as "$programs/initdb" -D data -U tester -A trust -E UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US --no-sync \
  >initdb.log 2>&1) ||
  { cat "$folder/initdb.log" >&2; exit 1; }
cat >>"$folder/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$folder'
max_connections = 200
END
sh "$folder/control" start || { cat "$folder/log" >&2; exit 1; }

status=0
SUTURE_TEST_POSTGRESQL="postgresql://tester@/postgres?host=$folder" SUTURE_POSTGRESQL_FOLDER=$folder "$@" || status=$?
[ "$status" = 0 ] || tail -n 30 "$folder/log" >&2
exit "$status"
