package serverlog

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Records as Postgres 15.20 and 13.23 write them.
const (
	jsonRecord = `{"timestamp":"2026-11-23 14:00:00.000 UTC","user":"drillgres","dbname":"shop","pid":71,"remote_host":"127.0.0.1","remote_port":40000,"session_id":"6561.47","line_num":1,"ps":"ALTER TABLE","session_start":"2026-11-23 14:00:00 UTC","vxid":"3/24","txid":0,"error_severity":"ERROR","state_code":"42704","message":"role \"o\" does not exist","statement":"ALTER TABLE public.t OWNER TO o;","func_name":"get_role_oid","file_name":"acl.c","file_line_num":5254,"application_name":"pg_restore","backend_type":"client backend","query_id":0}`
	csvRecord  = `2026-11-23 14:00:00.000 UTC,"drillgres","shop",71,"127.0.0.1:40000",6561.47,1,"ALTER TABLE",2026-11-23 14:00:00 UTC,3/24,0,ERROR,42704,"role ""o"" does not exist",,,,,,"ALTER TABLE public.t OWNER TO o;",,"get_role_oid, acl.c:5175","pg_restore","client backend"`
)

var wantRecord = Entry{
	User: "drillgres", Database: "shop", Severity: "ERROR", SQLState: "42704", Message: `role "o" does not exist`,
	Statement: "ALTER TABLE public.t OWNER TO o;", Application: "pg_restore", Backend: "client backend",
	Time: time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC), PID: 71, Session: "6561.47", Virtual: "3/24",
}

func TestParse(t *testing.T) {
	for format, line := range map[string]string{"jsonlog": jsonRecord, "csvlog": csvRecord} {
		t.Run(format, func(t *testing.T) {
			got := Parse([]byte(line+"\n"+line+"\n"), format)
			if diff := cmp.Diff([]Entry{wantRecord, wantRecord}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseKeepsCompleteFieldsOfACutRecord(t *testing.T) {
	for format, line := range map[string]string{"jsonlog": jsonRecord, "csvlog": csvRecord} {
		t.Run(format, func(t *testing.T) {
			cut := line[:strings.Index(line, "OWNER TO")]
			got := Parse([]byte(line+"\n"+cut), format)
			if len(got) != 2 {
				t.Fatalf("%d records, want 2", len(got))
			}
			if last := got[1]; last.User != "drillgres" || last.SQLState != "42704" || last.Message != wantRecord.Message {
				t.Errorf("the cut record became %+v", last)
			}
		})
	}
}

func TestParseSkipsLinesThatAreNotRecords(t *testing.T) {
	for _, format := range []string{"jsonlog", "csvlog"} {
		if got := Parse([]byte("no record\n{]\n\n"), format); len(got) != 0 {
			t.Errorf("%s: %+v", format, got)
		}
	}
}

func TestCSVFieldsMayHoldNewlines(t *testing.T) {
	line := strings.Replace(csvRecord, "ALTER TABLE public.t", "ALTER TABLE\npublic.t", 1)
	if got := Parse([]byte(line+"\n"), "csvlog"); len(got) != 1 || got[0].Statement != "ALTER TABLE\npublic.t OWNER TO o;" {
		t.Errorf("got %+v", got)
	}
}

// TestALongTextIsCut checks that a long text is cut and that the fields after it
// are still read.
func TestALongTextIsCut(t *testing.T) {
	for format, line := range map[string]string{"jsonlog": jsonRecord, "csvlog": csvRecord} {
		t.Run(format, func(t *testing.T) {
			long := strings.Replace(line, "ALTER TABLE public.t", "ALTER TABLE "+strings.Repeat("é", 3*maxLine), 1)
			got := Parse([]byte(long+"\n"+line+"\n"), format)
			if len(got) != 2 || got[0].SQLState != "42704" || got[0].PID != 71 || len(got[0].Statement) > maxLine+16 || got[1] != wantRecord {
				t.Errorf("%d records", len(got))
			}
			if !strings.HasPrefix(got[0].Statement, "ALTER TABLE éé") {
				t.Errorf("the statement begins with %.30q", got[0].Statement)
			}
		})
	}
}

func TestACutEscapeIsRemoved(t *testing.T) {
	for cut, want := range map[string]string{`{"error_severity":"a`: "a", `{"error_severity":"a\`: "a", `{"error_severity":"a\\`: `a\`, `{"error_severity":"a\u00e`: "a", `{"error_severity":"a\\u00e`: `a\u00e`} {
		if e, ok := parseJSONLine(closeRecord([]byte(cut))); !ok || e.Severity != want {
			t.Errorf("%s: %q", cut, e.Severity)
		}
	}
}

func TestScanEndsWithTheErrorOfItsReader(t *testing.T) {
	enough := errors.New("enough")
	for format, line := range map[string]string{"jsonlog": jsonRecord, "csvlog": csvRecord} {
		calls := 0
		err := scan(strings.NewReader(line+"\n"+line+"\n"), format, func(Entry) error { calls++; return enough })
		if calls != 1 || !errors.Is(err, enough) {
			t.Errorf("%s: %d calls, %v", format, calls, err)
		}
	}
}
