#!/usr/bin/env bash
# Starts a hot standby; its first start copies the primary.
set -euo pipefail

if [ ! -s "$PGDATA/standby.signal" ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  install --directory --owner postgres --group postgres --mode 0700 "$(dirname "$PGDATA")" "$PGDATA"
  until PGPASSWORD=$POSTGRES_PASSWORD gosu postgres pg_basebackup --pgdata "$PGDATA" --host postgres \
    --username replicator --wal-method stream --checkpoint fast --slot replica --write-recovery-conf; do
    echo "The primary does not answer yet; trying again." >&2
    find "$PGDATA" -mindepth 1 -delete
    sleep 2
  done
fi

exec docker-entrypoint.sh "$@"
