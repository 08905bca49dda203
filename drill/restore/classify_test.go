package restore

import (
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/serverlog"
)

const superuser = "drillgres"

// record returns an error of the restoring session as the server logs it.
func record(sqlstate, message string, more ...func(*serverlog.Entry)) serverlog.Entry {
	e := serverlog.Entry{User: superuser, Severity: "ERROR", SQLState: sqlstate, Message: message, Application: "psql", Backend: "client backend"}
	for _, change := range more {
		change(&e)
	}
	return e
}

func during(context string) func(*serverlog.Entry) {
	return func(e *serverlog.Entry) { e.Context = context }
}

func hinting(hint string) func(*serverlog.Entry) { return func(e *serverlog.Entry) { e.Hint = hint } }

func executing(sql string) func(*serverlog.Entry) {
	return func(e *serverlog.Entry) { e.Statement = sql }
}

func detailed(detail string) func(*serverlog.Entry) {
	return func(e *serverlog.Entry) { e.Detail = detail }
}

func severity(severity string) func(*serverlog.Entry) {
	return func(e *serverlog.Entry) { e.Severity = severity }
}

// TestServerErrorsGetTheirCode covers failures seen in the field, with their exact
// messages.
func TestServerErrorsGetTheirCode(t *testing.T) {
	const goodPath = "PL/pgSQL function public.gp(text) line 1 at RETURN"
	tests := []struct {
		name string
		e    serverlog.Entry
		want outcome.Code
	}{
		// version and client skew
		{"GUC_UNKNOWN", record("42704", `unrecognized configuration parameter "transaction_timeout"`), outcome.VersionSkew},
		{"GUC_UNKNOWN_OLD", record("42704", `unrecognized configuration parameter "default_table_access_method"`), outcome.VersionSkew},
		{"BUILTIN_LOCALE", record("42601", `option "builtin_locale" not recognized`), outcome.VersionSkew},
		{"GUC_VALUE", record("22023", `invalid value for parameter "xmloption": "newer"`), outcome.VersionSkew},
		// missing in the target
		{"ROLE_MISSING", record("42704", `role "app_owner" does not exist`), outcome.RoleMissing},
		{"ROLE_EXISTS", record("42710", `role "postgres" already exists`), outcome.ObjectExists},
		{"SET_ROLE_DENIED", record("42501", `must be member of role "postgres"`), outcome.RestoreFailed},
		{"EXT_MISSING", record("0A000", `extension "vector" is not available`), outcome.ExtensionUnavailable},
		{"EXT_MISSING old", record("58P01", `could not open extension control file "/usr/share/postgresql/12/extension/vector.control": No such file or directory`), outcome.ExtensionUnavailable},
		{"EXT_VERSION", record("22023", `extension "hstore" has no installation script nor update path for version "9.9"`), outcome.ExtensionUnavailable},
		{"EXT_DEP", record("42704", `required extension "cube" is not installed`), outcome.RestoreFailed},
		{"EXT_PRELOAD pg_cron", record("XX000", `pg_cron can only be loaded via shared_preload_libraries`), outcome.PreloadMissing},
		{"EXT_PRELOAD vchord", record("55000", `vchord must be loaded via shared_preload_libraries.`), outcome.PreloadMissing},
		{"EXT_PRELOAD parameter", record("42704", `unrecognized configuration parameter "cron.database_name"`), outcome.PreloadMissing},
		{"EXT_SCHEMA", record("42710", `policy "cron_job_policy" for table "job" already exists`), outcome.ObjectExists},
		{"TIMESCALE", record("0A000", `invalid INSERT on the root table of hypertable "_hyper_1_1_chunk"`,
			hinting("Make sure the TimescaleDB extension has been preloaded.")), outcome.PreloadMissing},
		{"TIMESCALE preload", record("55000", `extension "timescaledb" must be preloaded`,
			hinting("Please preload the timescaledb library via shared_preload_libraries.")), outcome.PreloadMissing},
		{"TIMESCALE chunk", record("42P07", `relation "_hyper_1_3_chunk_idx" already exists`), outcome.ObjectExists},
		{"CITUS_AM", record("22023", `invalid value for parameter "default_table_access_method": "columnar"`,
			detailed(`Table access method "columnar" does not exist.`)), outcome.ExtensionUnavailable},
		{"TYPE_MISSING", record("42704", `type "public.geometry" does not exist`), outcome.RestoreFailed},
		{"LIB_MISSING", record("58P01", `could not access file "$libdir/vectors": No such file or directory`), outcome.LibraryMissing},
		{"LANG_MISSING", record("42704", `language "plpython3u" does not exist`), outcome.LibraryMissing},
		{"FDW_MISSING", record("42704", `foreign-data wrapper "postgres_fdw" does not exist`), outcome.RestoreFailed},
		{"TABLESPACE", record("42704", `tablespace "fast" does not exist`), outcome.TablespaceMissing},
		{"TABLESPACE default", record("22023", `invalid value for parameter "default_tablespace": "fast"`), outcome.TablespaceMissing},
		{"TSEARCH_FILE", record("F0000", `could not open dictionary file "/usr/share/postgresql/15/tsearch_data/czech.dict": No such file or directory`), outcome.LibraryMissing},
		{"COLLATION_MISSING", record("42704", `collation "en_US.utf8" for encoding "UTF8" does not exist`), outcome.CollationMissing},
		{"COLLATION_MISSING create", record("22023", `could not create locale "de_DE.utf8": No such file or directory`), outcome.CollationMissing},
		{"DB_LOCALE", record("42809", `invalid locale name: "en_US.UTF-8"`), outcome.CollationMissing},
		{"DB_LOCALE 16", record("42809", `invalid LC_COLLATE locale name: "xx_XX"`), outcome.CollationMissing},
		{"ENCODING_DB", record("22023", `encoding "LATIN1" does not match locale "C.UTF-8"`), outcome.CollationMissing},
		// content that cannot replay
		{"SEARCH_PATH function", record("42883", `function helper(text) does not exist`, during(goodPath)), outcome.SearchPathDependency},
		{"SEARCH_PATH relation", record("42P01", `relation "a" does not exist`, during(goodPath+"\nCOPY t, line 1: \"1\"")), outcome.SearchPathDependency},
		{"SEARCH_PATH type", record("42704", `type "earth" does not exist`, during(`SQL function "ll_to_earth" during inlining`)), outcome.SearchPathDependency},
		{"SEARCH_PATH operator", record("42883", `operator does not exist: public.citext = public.citext`, during(`SQL function "g" statement 1`)), outcome.SearchPathDependency},
		{"SEARCH_PATH hidden operator", record("42883", `operator does not exist: ext.hstore = ext.hstore`), outcome.SearchPathDependency},
		{"SEARCH_PATH hidden operator of another type", record("42883", `operator does not exist: text <> ext.isbn`), outcome.SearchPathDependency},
		{"not SEARCH_PATH: an operator with its schema", record("42883", `operator does not exist: ext.hstore ext.= ext.hstore`), outcome.RestoreFailed},
		{"not SEARCH_PATH: an operator of the system", record("42883", `operator does not exist: json = json`), outcome.RestoreFailed},
		{"not SEARCH_PATH: qualified", record("42P01", `relation "public.later" does not exist`, during(goodPath)), outcome.RestoreFailed},
		{"SEARCH_PATH with a qualified argument", record("42883", `function helper(public.money) does not exist`, during(goodPath)), outcome.SearchPathDependency},
		{"not SEARCH_PATH: no function", record("42P01", `relation "a" does not exist`), outcome.RestoreFailed},
		{"not SEARCH_PATH: a DO block", record("42P01", `relation "a" does not exist`, during("PL/pgSQL function inline_code_block line 1 at SQL statement")), outcome.RestoreFailed},
		{"GENERATED_INSERT", record("428C9", `cannot insert a non-DEFAULT value into column "b"`), outcome.CopyFailed},
		{"GENERATED_COPY", record("42P10", `column "b" is a generated column`), outcome.CopyFailed},
		{"FK_VIOLATED", record("23503", `insert or update on table "ch" violates foreign key constraint "ch_a_fkey"`), outcome.ConstraintViolated},
		{"UNIQUE_VIOLATED", record("23505", `could not create unique index "u_pkey"`), outcome.ConstraintViolated},
		{"CHECK_VIOLATED", record("23514", `check constraint "cc" of relation "ch" is violated by some row`), outcome.ConstraintViolated},
		{"NOTNULL", record("23502", `null value in column "a" of relation "ch" violates not-null constraint`), outcome.ConstraintViolated},
		{"ENCODING_DATA", record("22021", `invalid byte sequence for encoding "UTF8": 0xe9 0x0a 0x5c`), outcome.EncodingInvalid},
		{"ENCODING_NONE", record("22P05", `character with byte sequence 0xe2 0x82 0xac in encoding "UTF8" has no equivalent in encoding "LATIN1"`), outcome.EncodingInvalid},
		{"COPY_TYPE", record("22P02", `invalid input syntax for type integer: "abc"`, during(`COPY t, line 3, column a: "abc"`)), outcome.CopyFailed},
		{"COPY_COLUMNS", record("22P04", `extra data after last expected column`, during(`COPY t, line 3: "1	2"`)), outcome.CopyFailed},
		{"COPY_BYTEA", record("22023", `invalid hexadecimal data: odd number of digits`, during(`COPY t, line 1, column b: "\xabc"`)), outcome.CopyFailed},
		{"COPY_INPUT", record("0A000", `pattern_in is not implemented`, during(`COPY t, line 1, column p: "x"`)), outcome.CopyFailed},
		{"PLAIN_TRUNCATED_ROW", record("22P04", `missing data for column "v"`, during(`COPY t, line 10001: "100"`)), outcome.CopyFailed},
		{"PLAIN_TRUNCATED_STMT", record("42601", `syntax error at end of input`), outcome.RestoreFailed},
		{"ALREADY_EXISTS table", record("42P07", `relation "k" already exists`), outcome.ObjectExists},
		{"ALREADY_EXISTS schema", record("42P06", `schema "public" already exists`), outcome.ObjectExists},
		{"ALREADY_EXISTS function", record("42723", `function "f" already exists with same argument types`), outcome.ObjectExists},
		{"ALREADY_EXISTS key", record("42P16", `multiple primary keys for table "k" are not allowed`), outcome.ObjectExists},
		{"SUPERUSER_ONLY", record("42501", `permission denied to create event trigger "x"`), outcome.RestoreFailed},
		{"PG_TLE", record("42939", `pgtle schema reserved for pg_tle functions`), outcome.RestoreFailed},
		// environment
		{"SHM_TOO_SMALL", record("53100", `could not resize shared memory segment "/PostgreSQL.1112019128" to 63999360 bytes: No space left on device`), outcome.SharedMemoryTooSmall},
		{"DISK_FULL", record("53100", `could not extend file "base/16384/16397": No space left on device`), outcome.SandboxDiskFull},
		{"LOCKS", record("53200", `out of shared memory`, hinting("You might need to increase max_locks_per_transaction.")), outcome.SharedMemoryTooSmall},
		{"MEMORY", record("53200", `out of memory`, detailed("Failed on request of size 1024 in memory context \"x\".")), outcome.SandboxOutOfMemory},
		{"FOREIGN", record("08001", `could not connect to server "far"`), outcome.ForeignUnreachable},
		{"FOREIGN wrapper", record("HV00N", `could not connect to Oracle`), outcome.ForeignUnreachable},
		{"PAGE", record("XX001", `invalid page in block 0 of relation base/16384/16397`), outcome.SandboxLost},
		{"RAISE of another's SQLSTATE", record("XX001", `bob`, during("PL/pgSQL function f() line 1 at RAISE")), outcome.RestoreFailed},
		{"RAISE of a connection's SQLSTATE", record("08006", `client bob`, during("PL/pgSQL function f() line 1 at RAISE")), outcome.RestoreFailed},
		{"TIME_ZONE", record("22023", `time zone "US/Pacific" not recognized`), outcome.LibraryMissing},
		{"TIME_ZONE in a row", record("22023", `time zone "Ada" not recognized`, during(`COPY t, line 1, column b: "Ada"`)), outcome.CopyFailed},
		{"LABEL", record("22023", `security label provider "anon" is not loaded`), outcome.PreloadMissing},
		{"OIDS", record("0A000", `tables declared WITH OIDS are not supported`), outcome.VersionSkew},
		{"ABSTIME", record("42704", `type "abstime" does not exist`), outcome.VersionSkew},
		{"ANYARRAY", record("42883", `function array_append(anyarray, anyelement) does not exist`), outcome.VersionSkew},
		{"HEROKU", record("3F000", `schema "heroku_ext" does not exist`), outcome.RestoreFailed},
		{"TERMINATED", record("57P01", `terminating connection due to administrator command`, severity("FATAL")), outcome.SandboxLost},
		{"anything else", record("XX000", `cache lookup failed for relation 16999`), outcome.RestoreFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := classify(evidence{Tool: "psql", ExitCode: 3, Log: []serverlog.Entry{tt.e}, User: superuser, ServerMajor: 15, DumpMajor: 15})
			if f.Code != tt.want {
				t.Errorf("%s: code %s, want %s", f.Error(), f.Code, tt.want)
			}
			if f.SQLState != tt.e.SQLState || !strings.Contains(f.Error(), tt.e.SQLState) {
				t.Errorf("the SQLSTATE %s is not in %q (%s)", tt.e.SQLState, f.Error(), f.SQLState)
			}
		})
	}
}

func TestCircumstancesExplainAnError(t *testing.T) {
	denied := record("42501", `permission denied for table orders`)
	if f := classify(evidence{Log: []serverlog.Entry{denied}, User: superuser, MadeRoles: []string{"app_owner"}}); f.Code != outcome.RoleMissing {
		t.Errorf("a role without its memberships: %s, want role_missing", f.Code)
	}
	syntax := record("42601", `syntax error at or near "NULLS"`)
	if f := classify(evidence{Log: []serverlog.Entry{syntax}, User: superuser, DumpMajor: 17, ServerMajor: 13}); f.Code != outcome.VersionSkew {
		t.Errorf("syntax of a newer major: %s, want version_skew", f.Code)
	}
}

func TestMessagesNameTheCulprit(t *testing.T) {
	tests := []struct {
		name            string
		e               evidence
		message, remedy string
		forbidden       string
	}{
		{
			name: "the function that relies on search_path",
			e: evidence{Log: []serverlog.Entry{record("42883", "function helper(text) does not exist",
				during("PL/pgSQL function public.gp(text) line 1 at RETURN"))}},
			message: "function public.gp(text) relies on search_path: function helper(text) does not exist (SQLSTATE 42883)",
			remedy:  "qualify the names in function public.gp(text), or ALTER FUNCTION … SET search_path, in production",
		},
		{
			name: "the place in the data, without the row",
			e: evidence{Log: []serverlog.Entry{record("22P02", `invalid input syntax for type integer: "a secret"`,
				during(`COPY users, line 3, column age: "a secret"`))}},
			message:   "row 3 of users, column age: invalid input syntax for type integer (SQLSTATE 22P02)",
			forbidden: "secret",
		},
		{
			name: "the library to preload, after those that are loaded",
			e: evidence{
				Preloaded: "pg_stat_statements",
				Log:       []serverlog.Entry{record("42704", `unrecognized configuration parameter "cron.database_name"`)},
			},
			message: `pg_cron must be in shared_preload_libraries, which is "pg_stat_statements": ` +
				`unrecognized configuration parameter "cron.database_name" (SQLSTATE 42704)`,
			remedy: `set postgres.settings to {shared_preload_libraries: "pg_stat_statements,pg_cron"}`,
		},
		{
			name: "an exception of a function, without its text",
			e: evidence{Log: []serverlog.Entry{record("P0001", "order of bob@example.com is broken",
				during("PL/pgSQL function public.watch() line 3 at RAISE"))}},
			message:   "a function raised an exception (text hidden): public.watch() (SQLSTATE P0001)",
			forbidden: "bob",
		},
		{
			name: "names in another encoding, over two lines",
			e: evidence{Log: []serverlog.Entry{record("22P02", `invalid input syntax for type integer: "bob"`,
				during("PL/pgSQL function public.f\xe9() line 1 at RETURN\nCOPY caf\xe9\nx, line 3, column a: \"bob\""), executing("COPY public.\"caf\xe9\nx\" (age) FROM stdin;"))}},
			message:   "row 3 of caf� x, column a: invalid input syntax for type integer (SQLSTATE 22P02)",
			forbidden: "bob",
		},
		{
			name:      "an exception of a function in another language",
			e:         evidence{Log: []serverlog.Entry{record("38000", "bob@example.com at line 1.", during(`PL/Perl function "watch"`))}},
			message:   "a function raised an exception (text hidden): watch (SQLSTATE 38000)",
			forbidden: "bob",
		},
		{
			name: "the place in a table with a misleading name",
			e: evidence{Log: []serverlog.Entry{record("22P02", `invalid input syntax for type integer: "bob"`,
				during("COPY a, line 7, line 3, column age: \"bob\""), executing(`COPY public."a, line 7" (age) FROM stdin;`))}},
			message:   "row 3 of a, line 7, column age: invalid input syntax for type integer (SQLSTATE 22P02)",
			forbidden: "bob",
		},
		{
			name: "a statement without its values",
			e: evidence{Log: []serverlog.Entry{record("23505", `duplicate key value violates unique constraint "u_pkey"`,
				detailed("Key (email)=(bob@example.com) already exists."),
				executing("INSERT INTO public.users VALUES (17, 'bob@example.com', E'it\\'s', $$x$$);"))}},
			message:   `duplicate key value violates unique constraint "u_pkey" (SQLSTATE 23505)`,
			forbidden: "bob",
		},
		{
			name:    "a crash for memory, and during what",
			e:       evidence{Log: []serverlog.Entry{{Severity: "LOG", SQLState: "00000", Message: "server process (PID 71) was terminated by signal 9: Killed", Detail: "Failed process was running: CREATE INDEX i ON public.t USING btree (a);"}, record("57P02", "terminating connection because of crash of another server process", severity("FATAL"))}},
			message: "the server crashed: server process (PID 71) was terminated by signal 9: Killed",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.e.User = superuser
			f := classify(tt.e)
			if f.Error() != tt.message {
				t.Errorf("message\n got %q\nwant %q", f.Error(), tt.message)
			}
			if tt.remedy != "" && f.Remedy() != tt.remedy {
				t.Errorf("remedy\n got %q\nwant %q", f.Remedy(), tt.remedy)
			}
			if tt.forbidden != "" && strings.Contains(f.Error()+f.Statement+f.Remedy(), tt.forbidden) {
				t.Errorf("a row value shows in %q, %q, %q", f.Error(), f.Statement, f.Remedy())
			}
		})
	}
}

func TestOnlyTheFirstCauseIsReported(t *testing.T) {
	other := record("42P01", "relation \"cron.job\" does not exist")
	other.User = "someone"
	own := record("42704", `role "x" does not exist`)
	own.Application = serverlog.OwnApplication
	log := []serverlog.Entry{
		{Severity: "LOG", Message: "database system is ready to accept connections"},
		other, own,
		record("57014", "canceling statement due to user request"),
		record("08P01", "unexpected EOF on client connection with an open transaction"),
		record("23505", `could not create unique index "u_pkey"`, executing("ALTER TABLE ONLY public.u ADD CONSTRAINT u_pkey PRIMARY KEY (a)")),
		record("25P02", "current transaction is aborted, commands ignored until end of transaction block"),
		record("57014", "canceling statement due to user request"),
		record("42P01", `relation "public.u" does not exist`),
	}
	f := classify(evidence{Log: log, User: superuser})
	if f.Code != outcome.ConstraintViolated || f.Cascades != 2 {
		t.Errorf("got %s with %d cascades, want constraint_violated with 2", f.Code, f.Cascades)
	}
	if want := "ALTER TABLE ONLY public.u ADD CONSTRAINT u_pkey PRIMARY KEY (a)"; f.Statement != want {
		t.Errorf("statement %q, want %q", f.Statement, want)
	}
}

func TestSignalDistinguishesMemoryFromOtherCrashes(t *testing.T) {
	for signal, want := range map[string]outcome.Code{
		"9: Killed": outcome.SandboxOutOfMemory, "11: Segmentation fault": outcome.SandboxLost, "7: Bus error": outcome.SandboxLost,
	} {
		log := []serverlog.Entry{{Severity: "LOG", Message: "server process (PID 7) was terminated by signal " + signal}}
		if f := classify(evidence{Log: log, User: superuser}); f.Code != want {
			t.Errorf("signal %s: %s, want %s", signal, f.Code, want)
		}
	}
}

// TestHintsOfWhatIsMissing: the hint says what to do, and not to look up the SQLSTATE.
func TestHintsOfWhatIsMissing(t *testing.T) {
	for _, tt := range []struct {
		e    serverlog.Entry
		says string
	}{
		{record("42P01", `relation "public.t" does not exist`), "dump the whole database, without --table"},
		{record("42883", `function public.uuid_generate_v4() does not exist`), "dump the whole database: the dump uses a function"},
		{record("42883", `operator does not exist: public.citext = public.citext`), "write the comparison of public.citext with OPERATOR(schema.=) in production"},
		{record("3F000", `schema "app" does not exist`), "dump the whole database, or create the schema first"},
		{record("3F000", `schema "heroku_ext" does not exist`), "create the schema heroku_ext before a recovery"},
		{record("42704", `text search configuration "public.c" does not exist`), "dump the whole database, or create the object first"},
		{record("42883", `function array_append(anyarray, anyelement) does not exist`), "anycompatiblearray"},
		{record("P0001", "secret", during("PL/pgSQL function guard(integer) line 1 at RAISE\nCOPY t, line 1: \"x\"")), "CHECK constraint"},
	} {
		f := classify(evidence{Log: []serverlog.Entry{tt.e}, User: superuser, ServerMajor: 15})
		if !strings.Contains(f.Remedy(), tt.says) || strings.Contains(f.Remedy(), "SQLSTATE") {
			t.Errorf("%s: %s", f.Error(), f.Remedy())
		}
	}
}

// TestSplitStatements splits a database's own settings.
func TestSplitStatements(t *testing.T) {
	const whole = "ALTER DATABASE shop SET search_path TO 'a;b';\n\nALTER ROLE r IN DATABASE shop SET x TO '1';\n"
	got, cut := splitStatements(whole)
	if len(got) != 2 || cut || strings.TrimSpace(got[1]) != "ALTER ROLE r IN DATABASE shop SET x TO '1';" {
		t.Errorf("%q, cut %t", got, cut)
	}
	for text, want := range map[string]bool{"": false, "\n": false, "alter database x set y = 'z": true, "select 1; alter": true} {
		if _, cut := splitStatements(text); cut != want {
			t.Errorf("%q: cut %t", text, cut)
		}
	}
}

// TestWithoutEntries removes entries from a list of pg_restore.
func TestWithoutEntries(t *testing.T) {
	const list = "; Archive\n;\n5; 2615 2200 SCHEMA - public postgres\n55; 1259 5 TABLE public t postgres\n"
	if got, want := withoutEntries(list, []int64{5, 7}), "; Archive\n;\n55; 1259 5 TABLE public t postgres\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
