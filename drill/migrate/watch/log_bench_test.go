package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/serverlog"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// oneMigration returns the log of one migration file of a framework: queries of
// the framework itself, definitions, a function, rows one by one and in batches,
// and an update in batches.
func oneMigration(n int) (log []string) {
	simple := func(sql string) { log = append(log, "duration: 0.412 ms  statement: "+sql) }
	extended := func(sql string) {
		for _, step := range []string{"parse <unnamed>", "bind <unnamed>", "execute <unnamed>"} {
			log = append(log, "duration: 0.033 ms  "+step+": "+sql)
		}
	}
	simple("BEGIN")
	extended(`SELECT a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attnotnull, a.atttypid, a.atttypmod,
       c.collname, col_description(a.attrelid, a.attnum) AS comment, a.attidentity AS identity, a.attgenerated as attgenerated
  FROM pg_attribute a
  LEFT JOIN pg_attrdef d ON a.attrelid = d.adrelid AND a.attnum = d.adnum
  LEFT JOIN pg_type t ON a.atttypid = t.oid
  LEFT JOIN pg_collation c ON a.attcollation = c.oid AND a.attcollation <> t.typcollation
 WHERE a.attrelid = '"table_7"'::regclass
   AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum`)
	simple(fmt.Sprintf(`CREATE TABLE "exports_%d" ("id" bigserial primary key, "account_id" bigint NOT NULL, "status" character varying DEFAULT 'pending' NOT NULL, `+
		`"started_at" timestamp(6), "payload" jsonb DEFAULT '{}' NOT NULL, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL, `+
		`CONSTRAINT "fk_rails_%d" FOREIGN KEY ("account_id") REFERENCES "table_3" ("id"))`, n, n))
	simple(`ALTER TABLE "table_7" ADD COLUMN "archived_at" timestamp(6), ADD COLUMN "score" numeric(10,2) DEFAULT 0.0 NOT NULL`)
	simple(`CREATE INDEX "index_table_7_on_archived_at" ON "table_7" USING btree ("archived_at", "account_id") WHERE archived_at IS NOT NULL`)
	simple(`CREATE OR REPLACE FUNCTION public.touch_exports() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
` + strings.Repeat("  IF NEW.status IS DISTINCT FROM OLD.status THEN\n    NEW.updated_at := clock_timestamp();\n  END IF;\n", 8) + `  RETURN NEW;
END
$function$`)
	for i := range 20 {
		extended(`INSERT INTO "table_5" ("account_id", "status", "started_at", "payload", "created_at", "updated_at") VALUES ($1, $2, $3, $4, $5, $6) RETURNING "id"`)
		simple(fmt.Sprintf(`UPDATE table_5 SET score = t.total, updated_at = now() FROM (SELECT account_id, sum(amount) AS total FROM table_6 WHERE id BETWEEN %d AND %d GROUP BY account_id) t WHERE t.account_id = table_5.account_id`, i*1000, i*1000+999))
	}
	for range 3 {
		simple(`INSERT INTO public.table_6 (id, account_id, name, amount, created_at) VALUES ` +
			strings.Repeat(`(1017, 42, 'an ordinary line of some text', 19.99, '2026-03-01 12:00:00'),`, 100) + `(1, 2, NULL, 0, now())`)
	}
	extended(`INSERT INTO "schema_migrations" ("version") VALUES ($1) RETURNING "version"`)
	simple("COMMIT")
	return log
}

// benchmarkSchema returns the catalog of a database with 60 tables.
func benchmarkSchema() *catalog {
	relations := map[uint32]*relation{}
	for i := range uint32(60) {
		r := &relation{oid: i + 1, schema: "public", name: fmt.Sprintf("table_%d", i), kind: 'r', rows: 1000}
		r.ident, r.root = "public."+r.name, r
		relations[r.oid] = r
	}
	return &catalog{relations: relations}
}

// BenchmarkStatements measures the analysis of statements: the watch splits each
// text and finds the locks of each part.
func BenchmarkStatements(b *testing.B) {
	var texts []string
	var size int64
	for n := range 50 {
		for _, message := range oneMigration(n) {
			if step, sql, _, _ := durationOf(message); step == "statement" || step == "execute" {
				texts = append(texts, sql)
				size += int64(len(sql))
			}
		}
	}
	w, c := newSchemaState(benchmarkSchema()), &client{}
	splitter := sqltext.Splitter{Rules: sqltext.Server}
	d := &defaults{roles: map[string]lockTimeout{}}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			for _, part := range splitter.Split(text) {
				c.followSettings(part, d)
				if controlOf(part) == noControl {
					w.claimsOf(part, c)
					isNoise(part)
				}
			}
		}
	}
}

// BenchmarkLog measures reading a whole log: each statement is analysed, redacted
// and added to its transaction.
func BenchmarkLog(b *testing.B) {
	before := benchmarkSchema()
	var entries []serverlog.Entry
	var size int64
	at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	for n := range 50 {
		log := oneMigration(n)
		for i, message := range log {
			e := serverlog.Entry{Time: at, Database: "shop", User: "u", PID: 7, Session: "a", Virtual: fmt.Sprintf("3/%d", n+1), Severity: "LOG", Message: message}
			if i == len(log)-1 {
				e.Virtual = "3/0"
			}
			entries = append(entries, e)
			size += int64(len(message))
			at = at.Add(time.Millisecond)
		}
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		w := &Watch{before: before, sampler: &sampler{}, defaults: defaults{roles: map[string]lockTimeout{}}}
		w.server.Database = "shop"
		timeline := newTimeline(w)
		for _, e := range entries {
			if err := timeline.log.read(e); err != nil {
				b.Fatal(err)
			}
		}
		timeline.finish(at)
		if timeline.log.total == 0 {
			b.Fatal("no statement was read")
		}
	}
}
