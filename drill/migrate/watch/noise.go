package watch

import (
	"slices"
	"strings"
)

// bookkeeping are the tables in which migration tools note what they have done,
// by their usual names.
var bookkeeping = []string{
	"schema_migrations", "ar_internal_metadata", // Rails, golang-migrate, dbmate, Ecto
	"schema_migration", "schema_version", "schema_versions", "schema_info", // Flyway of old, Sequel, pop
	"flyway_schema_history", "databasechangelog", "databasechangeloglock", // Flyway, Liquibase
	"goose_db_version", "gorp_migrations", "atlas_schema_revisions", "tern_version", "river_migration", "bun_migrations", "bun_migration_locks", // Go
	"django_migrations", "alembic_version", "yoyo_migration", "_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock", "aerich", // Python
	"_prisma_migrations", "knex_migrations", "knex_migrations_lock", "sequelizemeta", "pgmigrations", "migrations", "typeorm_metadata",
	"mikro_orm_migrations", "__drizzle_migrations", "kysely_migration", "kysely_migration_lock", // JavaScript, Laravel
	"doctrine_migration_versions", "phinxlog", "migration_versions", // PHP
	"_sqlx_migrations", "__diesel_schema_migrations", "refinery_schema_history", "seaql_migrations", // Rust
	"__efmigrationshistory", "schemaversions", "versioninfo", // .NET
}

// isBookkeeping tells tables of migration tools from all others. Sqitch has a
// schema of its own.
func isBookkeeping(schema, table string) bool {
	return schema == "sqitch" || slices.Contains(bookkeeping, strings.ToLower(table))
}

// sessionWords begin statements that are about their session only.
var sessionWords = []string{
	"set", "reset", "show", "discard", "deallocate", "listen", "unlisten", "notify", "prepare", "load", "begin", "commit", "rollback", "end", "abort",
	"start", "savepoint", "release",
}

// definitionWords begin statements that change more than rows.
var definitionWords = []string{"alter", "create", "drop", "truncate", "comment", "grant", "revoke", "reindex", "refresh", "cluster", "vacuum", "do", "call", "security", "import", "reassign", "lock"}

func isDefinition(tokens []token) bool {
	return tokens[0].kind == word && slices.Contains(definitionWords, tokens[0].text)
}

// isNoise tells statements that every migration tool runs beside the
// migration: about the session, the catalog, or its own table.
func isNoise(tokens []token) bool {
	if tokens[0].kind == word && slices.Contains(sessionWords, tokens[0].text) {
		return true
	}
	return !isDefinition(tokens) && !readsTables(tokens)
}

// readsTables tells whether a query names a table that is neither a catalog
// nor a tool's.
func readsTables(tokens []token) bool {
	previous := token{}
	for p := (&phrase{tokens}); !p.done(); {
		t := p.take()
		written := namesTarget(previous, t)
		previous = t
		if !written && !t.is("from") && !t.is("join") && !t.is("copy") && !t.is("table") {
			continue
		}
		p.skip("only")
		q := *p
		n, ok := q.object()
		if ok && (written || !q.peek().is("(")) && !isSystem(n) && !isBookkeeping(n.schema, n.name) {
			return true
		}
	}
	return false
}

func isSystem(n name) bool {
	return n.schema == "pg_catalog" || n.schema == "information_schema" || n.schema == "" && strings.HasPrefix(n.name, "pg_")
}
