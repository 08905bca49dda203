package watch

import (
	"strings"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// bookkeeping are the tables in which migration tools note what they have done,
// by their usual names.
var bookkeeping = setOf(
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
)

func setOf(words ...string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}

// isBookkeeping tells tables of migration tools from all others. Sqitch has a
// schema of its own.
func isBookkeeping(schema, table string) bool {
	return schema == "sqitch" || bookkeeping[strings.ToLower(table)]
}

// sessionWords begin statements that are about their session only.
var sessionWords = setOf(
	"set", "reset", "show", "discard", "deallocate", "listen", "unlisten", "notify", "prepare", "load", "begin", "commit", "rollback", "end", "abort",
	"start", "savepoint", "release",
)

// definitionWords begin statements that change more than rows.
var definitionWords = setOf("alter", "create", "drop", "truncate", "comment", "grant", "revoke", "reindex", "refresh", "cluster", "vacuum", "do", "call", "security", "import", "reassign", "lock")

func isDefinition(tokens []sqltext.Token) bool {
	return tokens[0].Kind == sqltext.Word && definitionWords[tokens[0].Text]
}

// isNoise tells statements that every migration tool runs beside the
// migration: about the session, the catalog, or its own table.
func isNoise(tokens []sqltext.Token) bool {
	if tokens[0].Kind == sqltext.Word && sessionWords[tokens[0].Text] {
		return true
	}
	return !isDefinition(tokens) && !readsTables(tokens)
}

// readsTables tells whether a query names a table that is neither a catalog
// nor a tool's.
func readsTables(tokens []sqltext.Token) bool {
	previous := sqltext.Token{}
	for p := (sqltext.Phrase{Tokens: tokens}); !p.Done(); {
		t := p.Take()
		if !beforeTable(t) {
			previous = t
			continue
		}
		written := namesTarget(previous, t)
		previous = t
		if !written && !namesSource(t) && !t.Is("copy") && !t.Is("table") {
			continue
		}
		p.Drop("only")
		q := p
		n := q.Name("")
		if n.Name != "" && (written || !q.Peek().Is("(")) && !isSystem(n) && !isBookkeeping(n.Schema, n.Name) {
			return true
		}
	}
	return false
}

func isSystem(n sqltext.Name) bool {
	return n.Schema == "pg_catalog" || n.Schema == "information_schema" || n.Schema == "" && strings.HasPrefix(n.Name, "pg_")
}
