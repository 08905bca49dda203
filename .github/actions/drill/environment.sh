#!/usr/bin/env bash
# Passes what the config refers to as ${NAME} to the following steps: ENVIRONMENT has one NAME=value per line, or
# NAME<<END, the lines of the value, and END. The values are masked first, because every step logs its environment. As
# in drillgres, lines of fewer than 4 characters are not masked. Works with bash 3.2 and later.
set -euo pipefail

if [[ -z $ENVIRONMENT ]]; then
	exit 0
fi
# A text from Windows ends its lines with \r\n. The \r is not part of any value.
environment=${ENVIRONMENT//$'\r\n'/$'\n'}
environment=${environment%$'\r'}

# mask VALUE hides a line in the log. A command escapes % and \r.
mask() {
	local value=${1//%/%25}
	if [[ ${#1} -ge 4 ]]; then
		echo "::add-mask::${value//$'\r'/%0D}"
	fi
}

end=
while IFS= read -r line; do
	if [[ -n $end ]]; then
		if [[ $line == "$end" ]]; then
			end=
		else
			mask "$line"
		fi
	elif [[ $line =~ ^[A-Za-z_][A-Za-z0-9_]*\<\<(.+)$ ]]; then
		end=${BASH_REMATCH[1]}
	elif [[ $line == *=* ]]; then
		mask "${line#*=}"
	elif [[ -n $line ]]; then
		# It may be a line of a secret that is not quoted, so it is not shown.
		mask "$line"
		echo "error: environment: want NAME=value in each line, or NAME<<END before and END after a value of several lines" >&2
		exit 2
	fi
done <<<"$environment"
if [[ -n $end ]]; then
	echo "error: environment: a value of several lines has no last line END" >&2
	exit 2
fi
printf '%s\n' "$environment" >>"$GITHUB_ENV"
