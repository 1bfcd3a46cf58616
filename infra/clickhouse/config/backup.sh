# The first backup of a week is full, the others are incremental.
set -eu
backup() {
  clickhouse client --config-file /etc/anlyt/client.xml --host "$CLICKHOUSE_HOST" \
    --query "BACKUP DATABASE anlyt TO Disk('anlyt_backups', '$1/') $2" 2>&1
}
week=$(date -u +%G-%V)
if output=$(backup "$week/whole" ""); then
  exit 0
fi
case $output in
*BACKUP_ALREADY_EXISTS*)
  backup "$week/$(date -u +%u)" "SETTINGS base_backup = Disk('anlyt_backups', '$week/whole/')"
  ;;
*)
  echo "$output" >&2
  exit 1
  ;;
esac
