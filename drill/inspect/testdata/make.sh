#!/bin/bash
# Makes dumps/ anew: starts one server of each major from the images of
# fixtures/images, fills it from source.sql and dumps it. Then run
#   go test ./drill/inspect -update
set -euo pipefail
cd "$(dirname "$0")"
image=${1:-drillgres-fixture/postgres}

dump() { # major, file, pg_dump's arguments
	docker exec "inspect-testdata-$1" pg_dump -U postgres "${@:3}" -f "/tmp/$2" shop
	docker exec "inspect-testdata-$1" cat "/tmp/$2" >"dumps/$2"
}

# The fuzz targets' seeds: the smaller a dump, the deeper its mutations go.
tiny() { # major
	local in="docker exec inspect-testdata-$1" out
	$in createdb -U postgres tiny
	docker exec -i "inspect-testdata-$1" psql -X -1 -U postgres -q tiny <tiny.sql >/dev/null
	for out in "z0 -Z0" "z6 -Z6" "inserts -Z0 --inserts" $([ "$1" -lt 17 ] || echo zstd lz4); do
		set -- "$1" $out
		$in pg_dump -U postgres -Fc "${@:3}" $([ $# -gt 2 ] || echo "-Z$2") -f /tmp/tiny tiny
		$in cat /tmp/tiny >"tiny/$1-$2.dump"
	done
	$in pg_dump -U postgres tiny >"tiny/$1.sql"
}

# The seeds with several files: the tar format, and directories.
tiny_files() { # major
	local in="docker exec inspect-testdata-$1" out
	$in pg_dump -U postgres -Ft -f /tmp/tiny tiny
	$in cat /tmp/tiny >"tiny/$1.tar"
	for out in "z0 -Z0" "z6 -Z6" "inserts -Z0 --inserts" $([ "$1" -lt 17 ] || echo zstd lz4); do
		set -- "$1" $out
		$in pg_dump -U postgres -Fd "${@:3}" $([ $# -gt 2 ] || echo "-Z$2") -f "/tmp/$1-$2" tiny
		$in tar -C /tmp -c --mode=a+rX "$1-$2" | tar -C directories -x --no-same-owner
	done
}

for major in 13 15 17 18; do
	docker run -d --rm --name "inspect-testdata-$major" --network none -e POSTGRES_PASSWORD=x "$image:$major" >/dev/null
	trap 'docker rm -f inspect-testdata-{13,15,17,18} >/dev/null 2>&1' EXIT
	until docker exec "inspect-testdata-$major" psql -U postgres -h 127.0.0.1 -qc 'select' "password=x user=postgres" >/dev/null 2>&1; do
		sleep 1
	done
	docker exec -i "inspect-testdata-$major" psql -X -U postgres -q -v ON_ERROR_STOP=1 <source.sql >/dev/null
	dump $major plain-$major.sql
	dump $major custom-$major.dump -Fc
	tiny $major
	case $major in 13 | 18) tiny_files $major ;; esac
done

dump 13 verbose-13.sql -v 2>/dev/null
dump 13 level0-13.dump -Fc -Z0
dump 15 create-15.sql --create
dump 15 inserts-15.sql --rows-per-insert=2
dump 15 schema-15.sql --schema-only
dump 15 tar-15.tar -Ft
dump 15 inserts-15.dump -Fc --inserts
dump 17 root-17.dump -Fc --load-via-partition-root
dump 17 zstd-17.dump -Fc -Z zstd
dump 18 lz4-18.dump -Fc -Z lz4
dump 18 root-18.sql --load-via-partition-root
# Written into a pipe, an archive does not state where its blocks are.
docker exec inspect-testdata-18 sh -c 'pg_dump -U postgres -Fc --no-blobs shop | cat' >dumps/rows-18.dump
# Written to a redirected stdout, pg_dump 17 and 18 leave the table of contents
# behind the data a second time.
docker exec inspect-testdata-18 sh -c 'pg_dump -U postgres -Fc shop >/tmp/twice && cat /tmp/twice' >dumps/twice-18.dump
docker exec inspect-testdata-18 pg_dumpall -U postgres --no-role-passwords >dumps/cluster-18.sql
