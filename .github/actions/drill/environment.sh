#!/usr/bin/env bash
# Gives the steps that follow what the config refers to as ${NAME}: ENVIRONMENT, a NAME=value per line. The values
# are masked first, since every step logs its environment; as in drillgres, one of less than 4 characters is not.
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
