#!/bin/sh
# Makes the keys and messages in this directory with age 1.3.2, age-keygen and ssh-keygen.
# The tests contain the passphrases: "correct horse" for messages and "key phrase" for keys.
# age reads passphrases from a terminal only, so script(1) is one.
set -eu
cd "$(dirname "$0")"
rm -f ./*.age ./*.asc ./*.key ./*.pub

{
	echo '-- PostgreSQL database dump'
	i=0
	while [ $i -lt 40 ]; do echo "INSERT INTO items VALUES ($i, 'item $i');"; i=$((i + 1)); done
	echo '-- PostgreSQL database dump complete'
} >plain.sql

for k in x25519 other; do age-keygen -o $k.key; done
age-keygen -pq -o pq.key
grep -h public x25519.key | sed 's/.*: //' >public.key
cat other.key x25519.key >two.key
ssh-keygen -q -t ed25519 -N '' -C '' -f ed25519.key
ssh-keygen -q -t ed25519 -N 'key phrase' -C '' -f ed25519-locked.key
ssh-keygen -q -t rsa -b 2048 -N '' -C '' -f rsa.key
ssh-keygen -q -t rsa -b 2048 -N 'key phrase' -m PEM -C '' -f rsa-locked.key
ssh-keygen -q -t ecdsa -N '' -C '' -f ecdsa.key

with() { # passphrase, command
	p=$1
	shift
	{ sleep 1; printf '%s\n' "$p"; sleep 1; printf '%s\n' "$p"; sleep 2; } | script -qec "$*" /dev/null >/dev/null
}
with 'correct horse' age -p -o scrypt.age plain.sql
with 'correct horse' age -p -a -o scrypt.asc plain.sql
with 'key phrase' age -p -o locked.key x25519.key
with 'key phrase' age -p -a -o locked-armored.key x25519.key

x=$(cat public.key)
age -r "$x" -o x25519.age plain.sql
age -r "$x" -a -o x25519.asc plain.sql
sed 's/$/\r/' x25519.asc >x25519-crlf.asc
{ echo; echo '  '; cat x25519.asc; echo; } >x25519-blank.asc
age -r "$(age-keygen -y other.key)" -r "$x" -o many.age plain.sql
age -r "$(age-keygen -y pq.key)" -o pq.age plain.sql
for k in ed25519 ed25519-locked rsa rsa-locked; do age -R $k.key.pub -o $k.age plain.sql; done
: >empty
age -r "$x" -o empty.age empty
rm empty
mv ed25519.key.pub ssh-public.key
rm ./*.pub
