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

for major in 13 15 17 18; do
	docker run -d --rm --name "inspect-testdata-$major" --network none -e POSTGRES_PASSWORD=x "$image:$major" >/dev/null
	trap 'docker rm -f inspect-testdata-{13,15,17,18} >/dev/null 2>&1' EXIT
	until docker exec "inspect-testdata-$major" psql -U postgres -h 127.0.0.1 -qc 'select' "password=x user=postgres" >/dev/null 2>&1; do
		sleep 1
	done
	docker exec -i "inspect-testdata-$major" psql -X -U postgres -q -v ON_ERROR_STOP=1 <source.sql >/dev/null
	dump $major plain-$major.sql
	dump $major custom-$major.dump -Fc
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
# Written to a redirected stdout, pg_dump 17 and 18 leave the table of contents
# behind the data a second time.
docker exec inspect-testdata-18 sh -c 'pg_dump -U postgres -Fc shop >/tmp/twice && cat /tmp/twice' >dumps/twice-18.dump
docker exec inspect-testdata-18 pg_dumpall -U postgres --no-role-passwords >dumps/cluster-18.sql
