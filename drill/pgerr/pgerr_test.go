package pgerr_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
)

// TestText checks that names stay and values of rows do not. The messages are those of
// Postgres 13 to 18.
func TestText(t *testing.T) {
	tests := []struct{ sqlstate, message, want string }{
		{"XX000", `parse error - invalid geometry "bob"`, "parse error - invalid geometry …"},
		{"XX001", `invalid page in block 0 of relation base/16384/16397`, `invalid page in block 0 of relation base/16384/16397`},
		{"0A000", `cannot convert relation "t"`, `cannot convert relation "t"`},
		{"P0002", `no row for "bob"`, "no row for …"},
		{"22P02", `invalid input syntax for type integer: "bob"`, "invalid input syntax for type integer"},
		{"22P02", "invalid input syntax for type integer: \"bob\nsays \"x\"\"", "invalid input syntax for type integer"},
		{"22P02", `invalid input syntax for type integer: "bob for parameter "`, "invalid input syntax for type integer"},
		{"22P02", `invalid input syntax for type integer: "column "bob""`, "invalid input syntax for type integer"},
		{"22P02", `invalid input value for enum public.mood: "bob"`, "invalid input value for enum public.mood"},
		{"22003", `value "99999999999" is out of range for type integer`, "value … is out of range for type integer"},
		{"22003", `"1e400" is out of range for type double precision`, "… is out of range for type double precision"},
		{"22007", `invalid value "bob" for "YYYY"`, "invalid value …"},
		{"22007", `invalid value "bob "column "x" for "YYYY"`, "invalid value …"},
		{"22023", `time zone "bob" not recognized`, "time zone … not recognized"},
		{"2203A", `JSON object does not contain key "bob"`, "JSON object does not contain key …"},
		{"22021", `invalid byte sequence for encoding "UTF8": 0xe9 0x0a`, `invalid byte sequence for encoding "UTF8": …`},
		{"22P05", `character with byte sequence 0xe2 0x82 in encoding "UTF8" has no equivalent in encoding "LATIN1"`, `character with byte sequence …in encoding "UTF8" has no equivalent in encoding "LATIN1"`},
		{"22P04", `missing data for column "v"`, `missing data for column "v"`},
		{"22P04", `column name mismatch in header line field 1: got "bob", expected "id"`, "column name mismatch in header line field 1: got …"},
		{"22P04", `missing data for column "a "b" of bob"`, `missing data for column "a "b…`},
		{"22023", `invalid value for parameter "default_tablespace": "fast"`, `invalid value for parameter "default_tablespace": "fast"`},
		{"22023", `encoding "LATIN1" does not match locale "C.UTF-8"`, `encoding "LATIN1" does not match locale "C.UTF-8"`},
		{"22023", `extension "hstore" has no installation script nor update path for version "9.9"`, `extension "hstore" has no installation script nor update path for version "9.9"`},
		{"22023", `could not create locale "de_DE.utf8": No such file or directory`, `could not create locale "de_DE.utf8": No such file or directory`},
		{"2200H", `nextval: reached maximum value of sequence "s" (100)`, `nextval: reached maximum value of sequence "s" (100)`},
		{"22012", "division by zero", "division by zero"},
		{"22023", "it is 'bob' and 'ann' here", "it is … here"},
		{"23505", `duplicate key value violates unique constraint "k"`, `duplicate key value violates unique constraint "k"`},
		{"23502", `null value in column "a" of relation "ch" violates not-null constraint`, `null value in column "a" of relation "ch" violates not-null constraint`},
		{"23503", `insert or update on table "ch" violates foreign key constraint "ch_a_fkey"`, `insert or update on table "ch" violates foreign key constraint "ch_a_fkey"`},
		{"23505", `some message about "bob"`, "some message about …"},
		{"42704", `role "app" does not exist`, `role "app" does not exist`},
		{"42809", `"v" is not a table`, `"v" is not a table`},
		{"42601", `syntax error at or near "NULLS"`, `syntax error at or near "NULLS"`},
		{"42601", `syntax error at or near "\"`, `syntax error at or near "\"`},
		{"42601", `syntax error at or near "bob"`, `syntax error at or near "…"`},
		{"42601", `syntax error at or near "SMITH"`, `syntax error at or near "…"`},
		{"42601", `syntax error at or near "e"`, `syntax error at or near "…"`}, // and not the first e of the message
		{"42601", `syntax error in hstore, near "bob" at position 3`, `syntax error in hstore, near "…" at position 3`},
		{"42601", `syntax error in tsquery: "bob & ann"`, "syntax error in tsquery"},
		{"42601", `option "builtin_locale" not recognized`, `option "builtin_locale" not recognized`},
		{"P0001", `bob owes 17`, "a function raised an exception (text hidden)"},
		{"P0004", `bob`, "a function raised an exception (text hidden)"},
		{"38000", "bob@example.com at line 1.", "a function raised an exception (text hidden)"},
	}
	for _, tt := range tests {
		if got := (pgerr.Error{SQLState: tt.sqlstate, Message: tt.message}).Text(); got != tt.want {
			t.Errorf("%s %q\n got %q\nwant %q", tt.sqlstate, tt.message, got, tt.want)
		}
	}
	long := pgerr.Error{SQLState: "XX000", Message: strings.Repeat("é", 5000)}
	if got := len([]rune(long.Text())); got != 400 {
		t.Errorf("a long message has %d characters, want 400", got)
	}
}

// TestRaisedTextIsHidden covers exceptions with any SQLSTATE: RAISE can choose it.
func TestRaisedTextIsHidden(t *testing.T) {
	const raised = "a function raised an exception (text hidden)"
	tests := []struct {
		name string
		e    pgerr.Error
		want string
	}{
		{"RAISE, in the log", pgerr.Error{SQLState: "23505", Message: "bob", Context: "PL/pgSQL function f() line 3 at RAISE"}, raised},
		{"ASSERT, in the log", pgerr.Error{SQLState: "42704", Message: "bob", Context: "SQL statement \"x\"\nPL/pgSQL function f() line 3 at ASSERT\nx"}, raised},
		{"RAISE, in an answer", pgerr.Error{SQLState: "42P01", Message: "bob", Routine: "exec_stmt_raise"}, raised},
		{"PL/Python", pgerr.Error{SQLState: "42P01", Message: "plpy.Error: bob", Context: "Traceback (most recent call last):\nPL/Python function \"f\""}, raised},
		{"PL/Perl", pgerr.Error{SQLState: "XX000", Message: "bob", Context: `PL/Perl function "f"`}, raised},
		{"a value that COPY reads as a name", pgerr.Error{SQLState: "42P01", Message: `relation "bob" does not exist`, Context: `COPY t, line 1, column r: "bob"`}, "relation … does not exist"},
		{"a value with quotes", pgerr.Error{SQLState: "42704", Message: `type "b"ob" does not exist`, Context: `COPY t, line 1, column r: "b"ob"`}, "type … does not exist"},
		{"a name in a trigger of a COPY", pgerr.Error{SQLState: "42P01", Message: `relation "a" does not exist`, Context: "PL/pgSQL function f() line 3 at RETURN\nCOPY t, line 1: \"bob\""}, `relation "a" does not exist`},
		{"a name that PL/Perl did not find", pgerr.Error{SQLState: "42P01", Message: `relation "a" does not exist at line 1.`, Context: `PL/Perl function "f"`}, `relation "a" does not exist at line 1.`},
		{"the server, in a function", pgerr.Error{SQLState: "42P01", Message: `relation "a" does not exist`, Context: "PL/pgSQL function f() line 3 at RETURN"}, `relation "a" does not exist`},
	}
	for _, tt := range tests {
		if got := tt.e.Text(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	pg := &pgconn.PgError{Code: "22P02", Message: `invalid input syntax for type integer: "ann"`, Detail: "Key (mail)=(ann)"}
	if got, want := pgerr.Describe(fmt.Errorf("count: %w", pg)), "invalid input syntax for type integer (22P02)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := pgerr.Describe(errors.New("connection lost")); got != "connection lost" {
		t.Errorf("got %q", got)
	}
	if e, _ := pgerr.From(pg); e.Error() != "invalid input syntax for type integer (SQLSTATE 22P02)" {
		t.Errorf("got %q", e.Error())
	}
}

func TestRedactedKeepsTheChain(t *testing.T) {
	pg := &pgconn.PgError{Severity: "ERROR", Code: "P0001", Message: "ann owes 17"}
	err := pgerr.Redacted(fmt.Errorf("run the query: %w", pg))
	if want := "run the query: ERROR: a function raised an exception (text hidden) (SQLSTATE P0001)"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if pgerr.State(err) != "P0001" || !pgerr.Is(err, "42704", "P0001") || pgerr.Is(err, "42704") {
		t.Errorf("SQLSTATE %q", pgerr.State(err))
	}
	plain := errors.New("no server in it")
	if got := pgerr.Redacted(plain); got != plain { //nolint:errorlint // the very same
		t.Errorf("got %v", got)
	}
}

func TestLine(t *testing.T) {
	tests := []struct{ line, want string }{
		{`COPY failed for table "t": ERROR:  invalid input syntax for type integer: "bob"`, `COPY failed for table "t": ERROR:  invalid input syntax for type integer`},
		{`COPY failed for table "t": ERROR:  bob owes 17`, `COPY failed for table "t": ERROR:  (text hidden)`},
		{`could not execute query: ERROR:  relation "a" does not exist`, `could not execute query: ERROR:  relation "a" does not exist`},
		{`COPY failed for table "t": ERROR:  time zone "bob" not recognized`, `COPY failed for table "t": ERROR:  (text hidden)`},
		{`could not execute query: ERROR:  extension "vector" is not available`, `could not execute query: ERROR:  extension "vector" is not available`},
		{`could not open input file "shop.dump": No such file or directory`, `could not open input file "shop.dump": No such file or directory`},
		{"could not read from input file: end of file", "could not read from input file: end of file"},
	}
	for _, tt := range tests {
		if got := pgerr.Line(tt.line); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// TestFault covers the cases that restore's tests, which walk all rules with
// the messages of real servers, do not meet.
func TestFault(t *testing.T) {
	tests := []struct {
		sqlstate, message string
		want              outcome.Code
		sandbox, damage   bool
	}{
		{"53100", `could not resize shared memory segment "/PostgreSQL.1" to 8 bytes: No space left on device`, outcome.SharedMemoryTooSmall, true, false},
		{"53100", "could not extend file", outcome.SandboxDiskFull, true, false},
		{"53200", "out of shared memory", outcome.SharedMemoryTooSmall, true, false},
		{"53200", "out of memory", outcome.SandboxOutOfMemory, true, false},
		{"53400", "temporary file size exceeds temp_file_limit (1kB)", "", true, false},
		{"57P05", "terminating connection due to idle-session timeout", "", true, false},
		{"58030", "could not read block 3 in file: Input/output error", outcome.SandboxLost, true, false},
		{"58P01", "could not open file", "", false, true},
		{"XX001", "invalid page in block 0", outcome.SandboxLost, false, true},
		{"XX002", "index is not a btree", outcome.SandboxLost, false, true},
		{"08001", `could not connect to server "far"`, outcome.ForeignUnreachable, false, false},
		{"08003", `connection "far" not available`, outcome.ForeignUnreachable, false, false},
		{"HV00N", "could not connect to Oracle", outcome.ForeignUnreachable, false, false},
		{"2F003", "password is required", outcome.ForeignUnreachable, false, false},
		{"2F003", "something else", "", false, false},
		{"42704", `user mapping not found for "drillgres"`, outcome.ForeignUnreachable, false, false},
		{"08006", "could not receive data from client: Connection reset by peer", "", false, false},
		{"08P01", "unexpected EOF on client connection", "", false, false},
		{"42501", "permission denied for table t", "", false, false},
		{"", "", "", false, false},
	}
	for _, tt := range tests {
		e := pgerr.Error{SQLState: tt.sqlstate, Message: tt.message}
		f, ok := e.Fault()
		if f.Code != tt.want || ok != (tt.want != "") || e.OfSandbox() != tt.sandbox || e.Damage() != tt.damage {
			t.Errorf("%s %q: code %q, of the sandbox %t, damage %t", tt.sqlstate, tt.message, f.Code, e.OfSandbox(), e.Damage())
		}
	}
	for _, state := range []string{"XX001", "08001", "23505", "53100", "57P01"} {
		raised := pgerr.Error{SQLState: state, Message: "bob", Routine: "exec_stmt_raise"}
		if f, ok := raised.Fault(); raised.Damage() || raised.ClientLeft() || ok {
			t.Errorf("an exception of a function counts as %s: %s", state, f.Code)
		}
	}
}

func TestClientLeft(t *testing.T) {
	for _, tt := range []struct {
		sqlstate, message string
		want              bool
	}{
		{"08006", "could not receive data from client", true},
		{"08001", `could not connect to server "far"`, false},
		{"57014", "canceling statement due to user request", true},
		{"57014", "canceling statement due to statement timeout", false},
		{"42601", "syntax error", false},
	} {
		if got := (pgerr.Error{SQLState: tt.sqlstate, Message: tt.message}).ClientLeft(); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.sqlstate, got, tt.want)
		}
	}
}
