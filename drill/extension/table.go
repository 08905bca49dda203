package extension

import (
	"slices"
	"strings"
)

// all is the table, by name.
var all = func() []Extension {
	list := slices.Concat(packaged, languages, vendored, removed)
	slices.SortFunc(list, func(a, b Extension) int { return strings.Compare(a.Name, b.Name) })
	return list
}()

// deb returns the package postgresql-NN-NAME.
func deb(names ...string) []string {
	packages := make([]string, len(names))
	for i, name := range names {
		packages[i] = "postgresql-NN-" + name
	}
	return packages
}

// packaged holds the extensions in Debian or in the repository of the Postgres project,
// which the official images use. Sources: the indexes of bullseye, bookworm, trixie and
// forky, the files in their packages, and the catalogue pgsty/pgext for packages that
// only the project's repository has. Which of them need a library at the start was tried
// with each package of bookworm and trixie.
var packaged = []Extension{
	{Name: "address_standardizer", Packages: deb("address-standardizer", "postgis-3")},
	{Name: "address_standardizer_data_us", Packages: deb("address-standardizer", "postgis-3")},
	{Name: "age", Packages: deb("age")},
	{Name: "asn1oid", Packages: deb("asn1oid")},
	{Name: "credcheck", Packages: deb("credcheck")},
	{Name: "db2fce", Packages: deb("db2fce")},
	{Name: "debversion", Packages: deb("debversion")},
	{Name: "extra_window_functions", Packages: deb("extra-window-functions")},
	{Name: "first_last_agg", Packages: deb("first-last-agg")},
	{Name: "h3", Packages: deb("h3")},
	{Name: "h3_postgis", Packages: deb("h3")},
	{Name: "hll", Packages: deb("hll")},
	{Name: "hstore_pllua", Packages: deb("pllua")},
	{Name: "hstore_plluau", Packages: deb("pllua")},
	{Name: "http", Packages: deb("http")},
	{Name: "hypopg", Packages: deb("hypopg")},
	{Name: "icu_ext", Packages: deb("icu-ext")},
	{Name: "ip4r", Packages: deb("ip4r")},
	{Name: "jsquery", Packages: deb("jsquery")},
	{Name: "mimeo", Packages: deb("mimeo")},
	{Name: "mobilitydb", Packages: deb("mobilitydb")},
	{Name: "mongo_fdw", Packages: deb("mongo-fdw")},
	{Name: "multicorn", Packages: deb("python3-multicorn")},
	{Name: "mysql_fdw", Packages: deb("mysql-fdw")},
	{Name: "numeral", Packages: deb("numeral")},
	{Name: "ogr_fdw", Packages: deb("ogr-fdw")},
	{Name: "oracle_fdw", Packages: deb("oracle-fdw")},
	{Name: "orafce", Packages: deb("orafce")},
	{Name: "periods", Packages: deb("periods")},
	{Name: "pg_background", Packages: deb("pg-background")},
	{Name: "pg_cron", Packages: deb("cron"), Libraries: []string{"pg_cron"}, Settings: map[string]string{
		"cron.database_name": databaseMark,
		// From 1.6 on no job runs because of this setting, before that because a job cannot log in.
		"cron.launch_active_jobs":     "off",
		"cron.use_background_workers": "off",
	}},
	{Name: "pg_csv", Packages: deb("pg-csv")},
	{Name: "pg_dirtyread", Packages: deb("dirtyread")},
	{Name: "pg_fact_loader", Packages: deb("pg-fact-loader")},
	{Name: "pg_hint_plan", Packages: deb("pg-hint-plan")},
	{Name: "pg_ivm", Packages: deb("pg-ivm")},
	{Name: "pg_partman", Packages: deb("partman")},
	{Name: "pg_permissions", Packages: deb("pg-permissions")},
	{Name: "pg_proctab", Packages: deb("pgnodemx")},
	{Name: "pg_qualstats", Packages: deb("pg-qualstats")},
	{Name: "pg_rational", Packages: deb("rational")},
	{Name: "pg_repack", Packages: deb("repack")},
	{Name: "pg_rrule", Packages: deb("pg-rrule")},
	{Name: "pg_show_plans", Packages: deb("show-plans")},
	{Name: "pg_similarity", Packages: deb("similarity")},
	{Name: "pg_sphere", Packages: deb("pgsphere")},
	{Name: "pg_squeeze", Packages: deb("squeeze"), Libraries: []string{"pg_squeeze"}},
	{Name: "pg_stat_kcache", Packages: deb("pg-stat-kcache"), Libraries: []string{"pg_stat_statements", "pg_stat_kcache"}},
	{Name: "pg_statviz", Packages: deb("statviz")},
	{Name: "pg_textsearch", Packages: deb("pg-textsearch")},
	{Name: "pg_track_settings", Packages: deb("pg-track-settings")},
	{Name: "pg_uuidv7", Packages: deb("pg-uuidv7")},
	{Name: "pg_wait_sampling", Packages: deb("pg-wait-sampling")},
	{Name: "pgaudit", Packages: deb("pgaudit"), Libraries: []string{"pgaudit"}},
	{Name: "pgauditlogtofile", Packages: deb("pgauditlogtofile")},
	{Name: "pgautofailover", Packages: deb("auto-failover"), Libraries: []string{"pgautofailover"}},
	{Name: "pgfaceting", Packages: deb("pgfaceting")},
	{Name: "pgfincore", Packages: deb("pgfincore")},
	{Name: "pgl_ddl_deploy", Packages: deb("pgl-ddl-deploy")},
	{Name: "pglogical", Packages: deb("pglogical"), Libraries: []string{"pglogical"}},
	{Name: "pglogical_origin", Packages: deb("pglogical")},
	{Name: "pglogical_ticker", Packages: deb("pglogical-ticker"), Libraries: []string{"pglogical"}},
	{Name: "pgmemcache", Packages: deb("pgmemcache")},
	{Name: "pgmp", Packages: deb("pgmp")},
	{Name: "pgnodemx", Packages: deb("pgnodemx"), Libraries: []string{"pgnodemx"}},
	{Name: "pgpcre", Packages: deb("pgpcre")},
	{Name: "pgq", Packages: deb("pgq3")},
	{Name: "pgq_node", Packages: deb("pgq-node")},
	{Name: "pgrouting", Packages: deb("pgrouting")},
	{Name: "pgtap", Packages: deb("pgtap")},
	{Name: "pgtt", Packages: deb("pgtt")},
	{Name: "pldbgapi", Packages: deb("pldebugger")},
	{Name: "pljava", Packages: deb("pljava")},
	{Name: "pljs", Packages: deb("pljs")},
	{Name: "pllua", Packages: deb("pllua")},
	{Name: "plluau", Packages: deb("pllua")},
	{Name: "plpgsql_check", Packages: deb("plpgsql-check")},
	{Name: "plprofiler", Packages: deb("plprofiler")},
	{Name: "plproxy", Packages: deb("plproxy")},
	{Name: "plr", Packages: deb("plr")},
	{Name: "plsh", Packages: deb("plsh")},
	{Name: "pointcloud", Packages: deb("pointcloud")},
	{Name: "pointcloud_postgis", Packages: deb("pointcloud")},
	{Name: "postgis", Packages: deb("postgis-3")},
	{Name: "postgis_raster", Packages: deb("postgis-3")},
	{Name: "postgis_sfcgal", Packages: deb("postgis-3")},
	{Name: "postgis_tiger_geocoder", Packages: deb("postgis-3")},
	{Name: "postgis_topology", Packages: deb("postgis-3")},
	{Name: "powa", Packages: deb("powa")},
	{Name: "pre_prepare", Packages: deb("preprepare")},
	{Name: "prefix", Packages: deb("prefix")},
	{Name: "prioritize", Packages: deb("prioritize")},
	{Name: "q3c", Packages: deb("q3c")},
	{Name: "rdkit", Packages: deb("rdkit")},
	{Name: "roaringbitmap", Packages: deb("roaringbitmap")},
	{Name: "rum", Packages: deb("rum")},
	{Name: "semver", Packages: deb("semver")},
	{Name: "set_user", Packages: deb("set-user")},
	{Name: "table_log", Packages: deb("tablelog")},
	{Name: "tdigest", Packages: deb("tdigest")},
	{Name: "tds_fdw", Packages: deb("tds-fdw")},
	{Name: "timescaledb", Packages: deb("timescaledb"), Libraries: []string{"timescaledb"}, Settings: map[string]string{
		// Its jobs drop and compress chunks: a retention policy would delete restored rows.
		"timescaledb.max_background_workers": "0",
		"timescaledb.telemetry_level":        "off",
	}},
	{Name: "timestamp9", Packages: deb("timestamp9")},
	{Name: "toastinfo", Packages: deb("toastinfo")},
	{Name: "unit", Packages: deb("unit")},
	{Name: "vector", Packages: deb("pgvector")},
}

// languages holds the procedural languages and what comes with them. Their packages are
// called postgresql-LANGUAGE-NN.
var languages = slices.Concat(
	language("postgresql-plperl-NN", "plperl", "plperlu", "bool_plperl", "bool_plperlu", "hstore_plperl", "hstore_plperlu", "jsonb_plperl", "jsonb_plperlu"),
	language("postgresql-plpython3-NN", "plpython3u", "hstore_plpython3u", "jsonb_plpython3u", "ltree_plpython3u"),
	language("postgresql-pltcl-NN", "pltcl", "pltclu"),
)

func language(name string, extensions ...string) (list []Extension) {
	for _, extension := range extensions {
		list = append(list, Extension{Name: extension, Packages: []string{name}})
	}
	return list
}

// vendored holds the extensions that neither repository has, with an image that has them.
var vendored = []Extension{
	{Name: "anon", Image: "registry.gitlab.com/dalibo/postgresql_anonymizer"},
	{Name: "citus", Image: "citusdata/citus", Libraries: []string{"citus"}, Settings: map[string]string{
		"citus.recover_2pc_interval":         "-1",
		"citus.defer_shard_delete_interval":  "-1",
		"citus.enable_statistics_collection": "off",
	}},
	{Name: "index_advisor", Image: "supabase/postgres"},
	{Name: "pg_graphql", Image: "supabase/postgres"},
	{Name: "pg_jsonschema", Image: "supabase/postgres"},
	{Name: "pg_net", Image: "supabase/postgres", Libraries: []string{"pg_net"}},
	{Name: "pg_search", Image: "paradedb/paradedb", Libraries: []string{"pg_search"}},
	{Name: "pg_stat_monitor", Image: "percona/percona-distribution-postgresql"},
	{Name: "pg_tle", Image: "supabase/postgres", Libraries: []string{"pg_tle"}},
	{Name: "pg_tokenizer", Image: "tensorchord/vchord-suite"},
	{Name: "pgjwt", Image: "supabase/postgres"},
	{Name: "pgmq", Image: "supabase/postgres"},
	{Name: "pgroonga", Image: "groonga/pgroonga"},
	{Name: "pgsodium", Image: "supabase/postgres"},
	{Name: "plv8", Image: "supabase/postgres"},
	{Name: "supabase_vault", Image: "supabase/postgres"},
	{Name: "supautils", Image: "supabase/postgres"},
	{Name: "timescaledb_toolkit", Image: "timescale/timescaledb-ha"},
	{Name: "vchord", Image: "tensorchord/vchord-postgres", Libraries: []string{"vchord"}},
	{Name: "vchord_bm25", Image: "tensorchord/vchord-suite"},
	{Name: "vectors", Image: "tensorchord/pgvecto-rs", Libraries: []string{"vectors"}},
	{Name: "vectorscale", Image: "timescale/timescaledb-ha"},
	{Name: "wrappers", Image: "supabase/postgres"},
}

// removed holds extensions that came with Postgres, and the major that removed them
// (release notes).
var removed = []Extension{
	{Name: "adminpack", Removed: 17},
	{Name: "chkpass", Removed: 11},
	{Name: "hstore_plpython2u", Removed: 15},
	{Name: "hstore_plpythonu", Removed: 15},
	{Name: "jsonb_plpython2u", Removed: 15},
	{Name: "jsonb_plpythonu", Removed: 15},
	{Name: "ltree_plpython2u", Removed: 15},
	{Name: "ltree_plpythonu", Removed: 15},
	{Name: "old_snapshot", Removed: 17},
	{Name: "plpython2u", Removed: 15},
	{Name: "plpythonu", Removed: 15},
	{Name: "timetravel", Removed: 12},
	{Name: "tsearch2", Removed: 10},
}
