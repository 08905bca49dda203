package provision

import (
	"fmt"
	"slices"
	"strings"
)

// packaged holds the extensions in the package repository of the Postgres project
// (apt.postgresql.org), which the official Debian images use, by the part of the
// package's name after postgresql-MAJOR-. Source: the repository's lists of packages
// and the files in them.
var packaged = map[string]string{
	"address_standardizer": "postgis-3", "address_standardizer_data_us": "postgis-3", "age": "age", "credcheck": "credcheck",
	"debversion": "debversion", "first_last_agg": "first-last-agg", "h3": "h3", "h3_postgis": "h3", "hll": "hll", "http": "http",
	"hypopg": "hypopg", "icu_ext": "icu-ext", "ip4r": "ip4r", "jsquery": "jsquery", "mobilitydb": "mobilitydb", "mysql_fdw": "mysql-fdw",
	"ogr_fdw": "ogr-fdw", "oracle_fdw": "oracle-fdw", "orafce": "orafce", "periods": "periods", "pg_cron": "cron", "pg_dirtyread": "dirtyread",
	"pg_hint_plan": "pg-hint-plan", "pg_ivm": "pg-ivm", "pg_partman": "partman", "pg_qualstats": "pg-qualstats", "pg_rational": "rational",
	"pg_repack": "repack", "pg_show_plans": "show-plans", "pg_similarity": "similarity", "pg_sphere": "pgsphere", "pg_squeeze": "squeeze",
	"pg_stat_kcache": "pg-stat-kcache", "pg_track_settings": "pg-track-settings", "pg_wait_sampling": "pg-wait-sampling", "pgaudit": "pgaudit",
	"pgauditlogtofile": "pgauditlogtofile", "pglogical": "pglogical", "pglogical_origin": "pglogical", "pgq": "pgq3", "pgrouting": "pgrouting",
	"pgtap": "pgtap", "pldbgapi": "pldebugger", "pljava": "pljava", "pllua": "pllua", "plpgsql_check": "plpgsql-check", "plprofiler": "plprofiler",
	"plr": "plr", "plsh": "plsh", "pointcloud": "pointcloud", "pointcloud_postgis": "pointcloud", "postgis": "postgis-3",
	"postgis_raster": "postgis-3", "postgis_sfcgal": "postgis-3", "postgis_tiger_geocoder": "postgis-3", "postgis_topology": "postgis-3",
	"powa": "powa", "prefix": "prefix", "q3c": "q3c", "roaringbitmap": "roaringbitmap", "rum": "rum", "semver": "semver", "set_user": "set-user",
	"table_log": "tablelog", "tdigest": "tdigest", "tds_fdw": "tds-fdw", "timescaledb": "timescaledb", "unit": "unit", "vector": "pgvector",
}

// languages holds the procedural languages, whose packages are called
// postgresql-LANGUAGE-MAJOR.
var languages = map[string]string{
	"plpython3u": "plpython3", "plperl": "plperl", "plperlu": "plperl", "pltcl": "pltcl", "pltclu": "pltcl",
	"jsonb_plperl": "plperl", "jsonb_plperlu": "plperl", "bool_plperl": "plperl", "bool_plperlu": "plperl", "hstore_plperl": "plperl",
	"hstore_plperlu": "plperl", "jsonb_plpython3u": "plpython3", "hstore_plpython3u": "plpython3", "ltree_plpython3u": "plpython3",
}

// vendors holds the images that have extensions which are not packaged there.
var vendors = map[string]string{
	"citus": "citusdata/citus", "timescaledb_toolkit": "timescale/timescaledb-ha", "vectorscale": "timescale/timescaledb-ha",
	"pg_search": "paradedb/paradedb", "vchord": "tensorchord/vchord-postgres", "vchord_bm25": "tensorchord/vchord-suite", "pg_tokenizer": "tensorchord/vchord-suite",
	"pgroonga": "groonga/pgroonga", "index_advisor": "supabase/postgres", "pg_graphql": "supabase/postgres", "pg_jsonschema": "supabase/postgres",
	"pg_net": "supabase/postgres", "pg_tle": "supabase/postgres", "pgjwt": "supabase/postgres", "pgmq": "supabase/postgres", "pgsodium": "supabase/postgres",
	"plv8": "supabase/postgres", "supabase_vault": "supabase/postgres", "supautils": "supabase/postgres", "wrappers": "supabase/postgres",
}

// removed holds extensions that came with Postgres, and the major that removed them
// (release notes).
var removed = map[string]int{
	"adminpack": 17, "old_snapshot": 17, "plpython2u": 15, "plpythonu": 15, "jsonb_plpython2u": 15, "jsonb_plpythonu": 15,
	"hstore_plpython2u": 15, "hstore_plpythonu": 15, "ltree_plpython2u": 15, "ltree_plpythonu": 15, "timetravel": 12, "chkpass": 11, "tsearch2": 10,
}

// whereToGet returns a hint about where to find extensions that the image lacks.
func whereToGet(lacking []string, major int) string {
	var gone, wanted, debian, hints []string
	for _, name := range lacking {
		if since := removed[name]; since > 0 && major >= since {
			gone = append(gone, fmt.Sprintf("drop extension %s in production: Postgres %d has removed it", name, since))
			continue
		}
		wanted = append(wanted, name)
		if p := packageOf(name, major); p != "" {
			debian = append(debian, p)
		} else if image := vendors[name]; image != "" {
			hints = append(hints, image+" has "+name)
		}
	}
	if len(wanted) > 0 {
		hint := "set postgres.image to one that has " + strings.Join(wanted, ", ")
		if slices.Sort(debian); len(debian) > 0 {
			hint += fmt.Sprintf(", such as postgres:%d with the Debian %s", major, nounWithNames("package", slices.Compact(debian)))
		}
		hints = slices.Insert(hints, 0, hint)
	}
	return strings.Join(append(hints, gone...), "; ")
}

// packageOf returns the Debian package that contains an extension, or "".
func packageOf(extension string, major int) string {
	if language := languages[extension]; language != "" {
		return fmt.Sprintf("postgresql-%s-%d", language, major)
	}
	if name := packaged[extension]; name != "" {
		return fmt.Sprintf("postgresql-%d-%s", major, name)
	}
	return ""
}
