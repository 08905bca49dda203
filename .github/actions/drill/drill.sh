#!/usr/bin/env bash
# Runs drillgres with the action's inputs, which are in DRILL_…, and exits with its exit code. drillgres itself writes
# the outputs, the summary and the annotations. Works with bash 3.2, which macOS has, and later.
set -euo pipefail

case $DRILL_COMMAND in
run | check | gate) ;;
*)
	echo "error: command: only run, check and gate are commands of this action" >&2
	exit 2
	;;
esac

result=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/drillgres.XXXXXX")/result.json
arguments=("$DRILL_COMMAND" --config "$DRILL_CONFIG" --output "$result")

# add_flag FLAG VALUE adds the flag unless the value is empty. drillgres refuses flags that the command does not have.
add_flag() {
	if [[ -n $2 ]]; then
		arguments+=("$1=$2")
	fi
}
add_flag --backup "$DRILL_BACKUP"
add_flag --candidate "$DRILL_CANDIDATE"
add_flag --migrations "$DRILL_MIGRATIONS"
add_flag --max-backup-age "$DRILL_MAX_BACKUP_AGE"
add_flag --require-drill "$DRILL_REQUIRE_DRILL"

# The config allows no spaces in names of databases.
arguments+=(--)
set -f
for database in $DRILL_DATABASE; do
	arguments+=("$database")
done

exec "$DRILL_BINARY" "${arguments[@]}"
