#!/usr/bin/env bash
# Installs drillgres DRILL_VERSION and writes its path to the step's output "binary". A release must have a valid
# checksum and provenance; "source" builds this action's own checkout. Works with bash 3.2 and later.
set -euo pipefail

repository=drillgres/drillgres
place=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/drillgres-bin.XXXXXX")

fail() {
	echo "::error title=drillgres is not installed::$*" >&2
	exit 5
}

# platform prints the name of this machine in a release, such as linux_amd64.
platform() {
	local os arch
	case $(uname -s) in
	Linux) os=linux ;;
	Darwin) os=darwin ;;
	MINGW* | MSYS* | CYGWIN*) os=windows ;;
	*) fail "no release exists for $(uname -s)" ;;
	esac
	case ${RUNNER_ARCH:-$(uname -m)} in
	X64 | x86_64 | amd64) arch=amd64 ;;
	ARM64 | arm64 | aarch64) arch=arm64 ;;
	*) fail "no release exists for ${RUNNER_ARCH:-$(uname -m)}" ;;
	esac
	echo "${os}_$arch"
}

# has_checksum ARCHIVE reports whether the archive has its checksum in checksums.txt. macOS has no sha256sum.
has_checksum() {
	local wanted got
	wanted=$(awk -v name="$1" '$2 == name || $2 == "*" name {print $1}' "$place/checksums.txt")
	if command -v sha256sum >/dev/null; then
		got=$(sha256sum "$place/$1")
	else
		got=$(shasum -a 256 "$place/$1")
	fi
	[[ -n $wanted && $wanted == "${got%% *}" ]]
}

from_release() {
	command -v gh >/dev/null || fail "verifying a release needs the GitHub CLI, gh; or build it with version: source"
	local target extension=tar.gz
	target=$(platform)
	if [[ $target == windows_* ]]; then
		extension=zip
	fi
	local tag=()
	if [[ $DRILL_VERSION != latest ]]; then
		case $DRILL_VERSION in
		*[!A-Za-z0-9._-]* | -* | "") fail "version: want a tag such as v0.1.0, latest or source" ;;
		esac
		tag=("$DRILL_VERSION")
	fi
	gh release download ${tag[@]+"${tag[@]}"} --repo "$repository" --dir "$place" \
		--pattern "drillgres_*_$target.$extension" --pattern checksums.txt ||
		fail "release $DRILL_VERSION for $target does not exist, or cannot be downloaded"
	archive=$(cd "$place" && ls "drillgres_"*"_$target.$extension")
	released=${archive#drillgres_}
	released=${released%"_$target.$extension"}
	has_checksum "$archive" || fail "$archive does not have the checksum of the release"
	gh attestation verify "$place/$archive" --repo "$repository" --signer-workflow "$repository/.github/workflows/release.yml" ||
		fail "nothing proves that $archive was built by $repository"
	if [[ $extension == zip ]]; then
		unzip -q "$place/$archive" -d "$place"
	else
		tar -xzf "$place/$archive" -C "$place"
	fi
}

from_source() {
	command -v go >/dev/null || fail "building drillgres needs Go: run actions/setup-go before this action"
	(cd "$DRILL_ACTION/../../.." && CGO_ENABLED=0 go build -trimpath -tags=disable_grpc_modules -o "$place/drillgres" ./cmd/drillgres) ||
		fail "cannot build drillgres from $DRILL_ACTION"
}

if [[ $DRILL_VERSION == source ]]; then
	from_source
else
	from_release
fi
binary=$place/drillgres
if [[ ! -x $binary ]]; then
	binary=$binary.exe
fi
# has_version VERSION reports whether the program that was installed is of that version, with or without v.
has_version() {
	local installed
	read -r _ installed _ <<<"$("$binary" version)"
	[[ ${installed#v} == "${1#v}" ]]
}

"$binary" version
if [[ $DRILL_VERSION != source ]]; then
	has_version "$released" || fail "$archive contains another version than $released"
	[[ $DRILL_VERSION == latest ]] || has_version "$DRILL_VERSION" || fail "release $DRILL_VERSION contains drillgres $released"
fi
echo "binary=$binary" >>"$GITHUB_OUTPUT"
