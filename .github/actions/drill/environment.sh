#!/usr/bin/env bash
# Passes what the config refers to as ${NAME} to the following steps: ENVIRONMENT has one NAME=value per line. The
# values are masked first, because every step logs its environment. As in drillgres, shorter ones than 4 characters
# are not masked.
set -euo pipefail

if [[ -z $ENVIRONMENT ]]; then
	exit 0
fi
while IFS= read -r line; do
	value=${line#*=}
	if [[ $line == *=* && ${#value} -ge 4 ]]; then
		echo "::add-mask::${value//%/%25}"
	fi
done <<<"$ENVIRONMENT"
printf '%s\n' "$ENVIRONMENT" >>"$GITHUB_ENV"
