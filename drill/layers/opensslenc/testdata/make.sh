#!/bin/sh
# Makes the files of this directory with a real openssl (made with OpenSSL 3.0.19).
# The name says the options: cipher, derivation, encoding.
set -eu
cd "$(dirname "$0")"
pass=pass:correct-horse

{
	echo '-- PostgreSQL database dump'
	i=0
	while [ $i -lt 9 ]; do
		echo "insert into public.items values ($i, 'a row of the table, number $i');"
		i=$((i + 1))
	done
	echo '-- PostgreSQL database dump complete'
} >plain.sql
printf '' >empty.sql

enc() { # enc <file> <options…>
	out=$1
	shift
	openssl enc "$@" -pass "$pass" -in plain.sql -out "$out" 2>/dev/null
}
for c in aes-128-cbc aes-192-cbc aes-256-cbc aes-128-ctr aes-192-ctr aes-256-ctr des-ede3-cbc; do
	enc "$c.pbkdf2.enc" -$c -pbkdf2
done
for d in md5 sha1 sha224 sha384 sha512; do
	enc "aes-256-cbc.pbkdf2-$d.enc" -aes-256-cbc -pbkdf2 -md $d
	enc "aes-256-cbc.legacy-$d.enc" -aes-256-cbc -md $d
done
enc aes-256-cbc.legacy-sha256.enc -aes-256-cbc
enc aes-128-ctr.legacy-md5.enc -aes-128-ctr -md md5
enc des-ede3-cbc.legacy-md5.enc -des-ede3-cbc -md md5
enc aes-256-cbc.pbkdf2-310000.enc -aes-256-cbc -pbkdf2 -iter 310000 # the backup gem
enc aes-256-cbc.pbkdf2.asc -aes-256-cbc -pbkdf2 -a
enc aes-256-cbc.pbkdf2-oneline.asc -aes-256-cbc -pbkdf2 -a -A
sed 's/$/\r/' aes-256-cbc.pbkdf2.asc >aes-256-cbc.pbkdf2-crlf.asc
enc aes-256-ctr.legacy-sha256.asc -aes-256-ctr -base64
openssl enc -aes-256-cbc -pbkdf2 -pass "$pass" -in empty.sql -out empty.enc
openssl enc -aes-256-cbc -pbkdf2 -pass "$pass" -in empty.sql -a -out empty.asc
rm empty.sql
