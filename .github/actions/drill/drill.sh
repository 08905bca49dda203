#!/usr/bin/env bash
# Runs drillgres with the action's inputs, which come as DRILL_…, and ends with its exit code. The outputs, the
# summary and the annotations are drillgres's own. For bash 3.2 on, which macOS has.
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

# given FLAG VALUE: the flag, unless its input is empty. What a command has no flag for, it refuses by itself.
given() {
	if [[ -n $2 ]]; then
		arguments+=("$1=$2")
	fi
}
given --backup "$DRILL_BACKUP"
given --candidate "$DRILL_CANDIDATE"
given --migrations "$DRILL_MIGRATIONS"
given --max-backup-age "$DRILL_MAX_BACKUP_AGE"
given --require-drill "$DRILL_REQUIRE_DRILL"

# Names of databases have no spaces: the config sees to it.
arguments+=(--)
set -f
for database in $DRILL_DATABASE; do
	arguments+=("$database")
done

exec "$DRILL_BINARY" "${arguments[@]}"
