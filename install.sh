#!/bin/sh
# Installs drillgres from its newest release, or from the one that VERSION names:
#
#   curl -fsSL https://raw.githubusercontent.com/drillgres/drillgres/main/install.sh | sh
#   curl -fsSL … | VERSION=v0.1.0 PREFIX=$HOME/.local sh
#
# The archive must have the checksum of the release and contain its version. Where the GitHub CLI (gh) is
# installed, the archive must also have the provenance of the project's own workflow. PREFIX is /usr/local by default.
set -eu

repository=drillgres/drillgres
prefix=${PREFIX:-/usr/local}
site=${DRILLGRES_SITE:-https://github.com/$repository/releases}

fail() {
	echo "error: $1" >&2
	echo "hint:  $2" >&2
	exit 1
}

# platform prints the name of this machine in a release, such as linux_amd64.
platform() {
	case $(uname -s) in
	Linux) os=linux ;;
	Darwin) os=darwin ;;
	*) fail "no archive for $(uname -s) can be installed by this script" "download the release by hand, or run go install github.com/$repository/cmd/drillgres@latest" ;;
	esac
	case $(uname -m) in
	x86_64 | amd64) echo "${os}_amd64" ;;
	arm64 | aarch64) echo "${os}_arm64" ;;
	*) fail "no release exists for $(uname -m)" "run go install github.com/$repository/cmd/drillgres@latest" ;;
	esac
}

download() {
	curl --fail --silent --show-error --location --retry 3 --proto '=https,http' --output "$place/$1" "$site/download/$tag/$1" ||
		fail "$1 of release $tag cannot be downloaded from $site" "check the name of the release and the connection"
}

# newest prints the tag of the newest release, which its page redirects to.
newest() {
	curl --fail --silent --show-error --location --head --output /dev/null --write-out '%{url_effective}' "$site/latest" | sed 's|.*/||'
}

# sum prints the checksum of a file. macOS has no sha256sum.
sum() {
	if command -v sha256sum >/dev/null; then
		sha256sum "$1"
	else
		shasum -a 256 "$1"
	fi | cut -d ' ' -f 1
}

check_provenance() {
	if ! command -v gh >/dev/null; then
		echo "note: without the GitHub CLI (gh), the provenance of the archive is not verified, only its checksum" >&2
		return
	fi
	gh attestation verify "$place/$archive" --repo "$repository" --signer-workflow "$repository/.github/workflows/release.yml" >/dev/null ||
		fail "nothing proves that $archive was built by $repository" "run gh auth login if gh cannot ask; otherwise do not use this archive"
}

main() {
	command -v curl >/dev/null || fail "curl is not installed" "install curl"
	target=$(platform)
	tag=${VERSION:-}
	if [ -z "$tag" ]; then
		tag=$(newest) || fail "the newest release cannot be found at $site" "name it: VERSION=v0.1.0"
	fi
	case $tag in
	"" | -* | *[!A-Za-z0-9._-]*) fail "\"$tag\" is not the name of a release" "use a tag such as VERSION=v0.1.0" ;;
	esac
	version=${tag#v}
	archive=drillgres_${version}_$target.tar.gz
	place=$(mktemp -d)
	trap 'rm -rf "$place"' EXIT INT TERM

	download "$archive"
	download checksums.txt
	wanted=$(awk -v name="$archive" '$2 == name || $2 == "*" name {print $1}' "$place/checksums.txt")
	if [ -z "$wanted" ] || [ "$wanted" != "$(sum "$place/$archive")" ]; then
		fail "$archive does not have the checksum of the release" "download it again; if it happens twice, do not use this archive"
	fi
	check_provenance
	tar -xzf "$place/$archive" -C "$place"
	installed=$("$place/drillgres" version | head -n 1 | cut -d ' ' -f 2)
	if [ "${installed#v}" != "$version" ]; then
		fail "$archive contains drillgres $installed" "report it at https://github.com/$repository/issues"
	fi
	place_files
	echo "installed drillgres $version in $prefix/bin"
	case :$PATH: in
	*:"$prefix/bin":*) ;;
	*) echo "note: $prefix/bin is not in PATH" >&2 ;;
	esac
}

# place_files copies the program, its man pages and its completions below the prefix.
place_files() {
	as=
	mkdir -p "$prefix/bin" 2>/dev/null || true
	if [ ! -w "$prefix/bin" ]; then
		command -v sudo >/dev/null || fail "$prefix/bin cannot be written" "run this as root, or set PREFIX=\$HOME/.local"
		as=sudo
	fi
	$as mkdir -p "$prefix/bin" "$prefix/share/man/man1" "$prefix/share/bash-completion/completions" "$prefix/share/zsh/site-functions" "$prefix/share/fish/vendor_completions.d"
	$as install -m 755 "$place/drillgres" "$prefix/bin/drillgres"
	$as install -m 644 "$place"/man/*.1 "$prefix/share/man/man1/"
	$as install -m 644 "$place/completions/drillgres.bash" "$prefix/share/bash-completion/completions/drillgres"
	$as install -m 644 "$place/completions/_drillgres" "$prefix/share/zsh/site-functions/_drillgres"
	$as install -m 644 "$place/completions/drillgres.fish" "$prefix/share/fish/vendor_completions.d/drillgres.fish"
}

main
