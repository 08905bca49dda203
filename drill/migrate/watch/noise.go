package watch

import (
	"strings"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// bookkeeping holds the default names of the tables in which migration tools
// record what they have run.
var bookkeeping = setOf(
	"schema_migrations", "ar_internal_metadata", // Rails, golang-migrate, dbmate, Ecto
	"schema_migration", "schema_version", "schema_versions", "schema_info", // older Flyway, Sequel, pop
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

// isBookkeeping reports whether a table belongs to a migration tool. Sqitch has a
// separate schema.
func isBookkeeping(schema, table string) bool {
	return schema == "sqitch" || bookkeeping[strings.ToLower(table)]
}

// sessionWords are the first words of statements that affect only their session.
var sessionWords = setOf(
	"set", "reset", "show", "discard", "deallocate", "listen", "unlisten", "notify", "prepare", "load", "begin", "commit", "rollback", "end", "abort",
	"start", "savepoint", "release",
)

// definitionWords are the first words of statements that change more than rows.
var definitionWords = setOf("alter", "create", "drop", "truncate", "comment", "grant", "revoke", "reindex", "refresh", "cluster", "vacuum", "do", "call", "security", "import", "reassign", "lock")

func isDefinition(tokens []sqltext.Token) bool {
	return tokens[0].Kind == sqltext.Word && definitionWords[tokens[0].Text]
}

// isNoise reports whether a statement is one of those that migration tools run in
// addition to the migration: on the session, the catalog, or their own table.
func isNoise(tokens []sqltext.Token) bool {
	if tokens[0].Kind == sqltext.Word && sessionWords[tokens[0].Text] {
		return true
	}
	return !isDefinition(tokens) && !readsTables(tokens)
}

// readsTables reports whether a query names a table that belongs neither to the
// system nor to a migration tool.
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
