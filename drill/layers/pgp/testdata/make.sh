#!/bin/sh
# Makes the keys and messages in this directory with gpg (2.2). The tests contain the
# passphrases: "correct horse" for messages, "key phrase" for keys.
set -eu
cd "$(dirname "$0")"
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill gpg-agent; rm -rf "$GNUPGHOME"' EXIT
rm -f ./*.gpg ./*.asc ./*.key

g() { gpg --batch --quiet --yes --no-tty --pinentry-mode loopback --trust-model always "$@"; }
past="--faked-system-time 20200101T000000!"
new() { # name, protection, expiry, parameters, options of gpg
	name=$1 protection=$2 expiry=$3 parameters=$4
	shift 4
	printf '%s\n' "$parameters" "Name-Real: $name" "Expire-Date: $expiry" "$protection" %commit | g "$@" --full-generate-key
}
rsa='Key-Type: RSA
Key-Length: 2048
Key-Usage: sign
Subkey-Type: RSA
Subkey-Length: 2048
Subkey-Usage: encrypt'
ecc='Key-Type: EDDSA
Key-Curve: ed25519
Key-Usage: sign
Subkey-Type: ECDH
Subkey-Curve: cv25519
Subkey-Usage: encrypt'
nist='Key-Type: ECDSA
Key-Curve: nistp256
Key-Usage: sign
Subkey-Type: ECDH
Subkey-Curve: nistp256
Subkey-Usage: encrypt'
elg='Key-Type: DSA
Key-Length: 2048
Key-Usage: sign
Subkey-Type: ELG-E
Subkey-Length: 2048
Subkey-Usage: encrypt'
open='%no-protection'
locked='Passphrase: key phrase'
new rsa "$open" 0 "$rsa"
new ecc "$locked" 0 "$ecc"
new nist "$open" 0 "$nist"
new elg "$open" 0 "$elg"
new other "$open" 0 "$ecc"
new revoked "$open" 0 "$ecc"
new expired "$open" 1y "$ecc" $past

# The plaintext: 40 lines that compress, and lines that do not.
{
	echo '-- PostgreSQL database dump'
	i=0
	while [ $i -lt 40 ]; do echo "INSERT INTO items VALUES ($i, 'item $i');"; i=$((i + 1)); done
	echo '-- PostgreSQL database dump complete'
} >plain.sql

sym() { f=$1; shift; g --passphrase 'correct horse' --s2k-count 2048 "$@" -o "$f" -c plain.sql; }
sym sym.gpg
sym sym-zip.gpg --compress-algo zip
sym sym-bzip2.gpg --compress-algo bzip2
sym sym-stored.gpg --compress-algo none
sym sym-3des.gpg --cipher-algo 3DES
sym sym-cast5.gpg --cipher-algo CAST5
sym sym-aes128.gpg --cipher-algo AES
sym sym-twofish.gpg --cipher-algo TWOFISH
sym sym-text.gpg --textmode
sym sym.asc --armor --comment 'a backup'
{ echo 'This is the backup of today.'; echo; cat sym.asc; } >sym-text.asc
sed 's/$/\r/' sym.asc >sym-crlf.asc
sym no-mdc.gpg --rfc2440 --cipher-algo CAST5
g --passphrase 'correct horse' --s2k-count 2048 -o sym-stdin.gpg -c <plain.sql # partial lengths

pub() { f=$1; shift; g "$@" -o "$f" -e plain.sql; }
pub rsa.gpg -r rsa
pub ecc.gpg -r ecc
pub nist.gpg -r nist
pub elg.gpg -r elg
pub rsa.asc -r rsa --armor
pub many.gpg -r nist -r ecc -r rsa
pub hidden.gpg -R rsa
pub signed.gpg -r rsa -s -u rsa
pub revoked.gpg -r revoked
g $past -o expired.gpg -r expired -e plain.sql
g --passphrase 'correct horse' --s2k-count 2048 -o both.gpg -r rsa -c -e plain.sql

fpr=$(g --list-keys --with-colons revoked | awk -F: '$1 == "fpr" { print $10; exit }')
sed 's/^:-----BEGIN/-----BEGIN/' "$GNUPGHOME/openpgp-revocs.d/$fpr.rev" | g --import

sec() { g --passphrase 'key phrase' --armor --export-secret-keys "$@"; }
for k in rsa ecc nist elg other revoked expired; do sec $k >$k.key; done
sec rsa ecc >two.key
cat nist.key rsa.key >blocks.key
g --export-secret-keys rsa >rsa-binary.key
g --armor --export-secret-subkeys rsa >subkeys.key
g --armor --export rsa >public.key
