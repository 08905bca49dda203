package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/snapshot"
)

var update = flag.Bool("update", false, "write the golden files")

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (run with -update if this is intended):\n%s", path, diff)
	}
}

func TestText(t *testing.T) {
	for name, r := range map[string]outcome.Result{
		"passed": passed(), "without_app": withoutApp(), "truncated": truncated(), "restore_failed": restoreFailed(),
		"app_failed": appFailed(), "engineless": engineless(), "locking": locking(), "empty": {},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := Text(&out, r, Options{}); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".txt", out.Bytes())
			screen := 40
			if r.Migration != nil {
				screen = 60 // a release has more to report
			}
			if lines := strings.Count(out.String(), "\n"); lines > screen {
				t.Errorf("%d lines are more than a screen", lines)
			}
		})
	}
}

func TestTextInColor(t *testing.T) {
	var bare, color bytes.Buffer
	if err := errors.Join(Text(&bare, appFailed(), Options{}), Text(&color, appFailed(), Options{Color: true})); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(bare.String(), "\x1b") {
		t.Error("colour without Color")
	}
	stripped := escape.ReplaceAllString(color.String(), "")
	if diff := cmp.Diff(bare.String(), stripped); diff != "" {
		t.Errorf("colour changes more than colour:\n%s", diff)
	}
	if !strings.HasPrefix(color.String(), "\x1b[1;31mFAILED\x1b[0m") {
		t.Errorf("the verdict is not red: %q", color.String()[:30])
	}
}

func TestTextFitsItsWidth(t *testing.T) {
	for _, r := range []outcome.Result{truncated(), restoreFailed(), appFailed(), locking()} {
		r.Backup.URI = "s3://b/short" // words longer than a line are not wrapped
		var out bytes.Buffer
		if err := Text(&out, r, Options{Width: 60}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(out.String(), "\n") {
			if n := ansi.StringWidth(line); n > 60 {
				t.Errorf("%d characters: %s", n, line)
			}
		}
	}
}

func TestHostileNames(t *testing.T) {
	r := appFailed()
	const attack = "\x1b[2J\x1b]0;owned\x07evil\r\u202Etxt\x9b\x00\xff\nPASSED"
	r.Database, r.Backup.URI, r.Failure.Message, r.Failure.Statement = attack, attack, attack, attack
	r.Checks[2].Name, r.Checks[2].Saw, r.Leftovers[0], r.RunID = attack, attack, attack, attack
	r.Findings = []outcome.Finding{{Code: attack, Message: attack, Hint: attack}}
	r.Postgres.Image = attack
	var out bytes.Buffer
	if err := Text(&out, r, Options{}); err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(out.Bytes()) {
		t.Error("not UTF-8")
	}
	if strings.ContainsAny(out.String(), "\x1b\x07\r\x00\u202E\u009b") {
		t.Errorf("control characters get through: %q", out.String())
	}
	for line := range strings.SplitSeq(out.String(), "\n") {
		if strings.HasPrefix(line, "PASSED") {
			t.Errorf("a name can forge a verdict: %q", line)
		}
	}
	if strings.Contains(out.String(), "owned") {
		t.Error("the text of a title sequence is shown")
	}
}

func TestLongLogIsShortened(t *testing.T) {
	r := appFailed()
	r.Failure.Message = strings.Repeat("line\n", 100)
	var out bytes.Buffer
	if err := Text(&out, r, Options{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "… and 70 more lines (the JSON has all)") {
		t.Error(out.String())
	}
}

func TestJSON(t *testing.T) {
	for name, results := range map[string][]outcome.Result{
		"one.json": {truncated()}, "migration.json": {locking()}, "several.json": {engineless(), {Database: "crm"}}, "none.json": {},
	} {
		var out bytes.Buffer
		if err := JSON(&out, results); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.Bytes())
		var back map[string]any
		if err := json.Unmarshal(out.Bytes(), &back); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, field := range []string{"findings", "stages", "tables", "checks", "leftovers", "tell_errors", "interfaces", "extensions", "details"} {
			if strings.Contains(out.String(), `"`+field+`": null`) {
				t.Errorf("%s: %s is null", name, field)
			}
		}
	}
}

func TestHistory(t *testing.T) {
	interrupted := stopped(outcome.FailureReport{Stage: outcome.Restore, Code: outcome.Interrupted, Class: outcome.ClassSignal})
	var last []outcome.Result // newest first
	for i := range 10 {
		r := passed()
		r.Times.Restore += []float64{1.2, 0, 0.3}[i%3]
		if i == 4 {
			r = truncated()
		}
		last = append(last, r)
	}
	pace := record.PaceOf(passed())
	fast := pace
	fast.Profile = "fast"
	standings := []record.Standing{
		{Database: "crm", Trend: record.TrendOf([]outcome.Result{truncated(), interrupted})},
		{Database: "shop", Snapshot: noon.Add(-3 * time.Hour), Backup: "s3://acme-backups/prod/shop-2026-11-23.dump", Recovery: &pace, Trend: record.TrendOf(last), Ahead: 2},
		{Database: "wiki", Snapshot: noon, Recovery: &fast, Trend: record.TrendOf(last[1:2])},
		{Database: "zoo", Backup: "https://acme.test/zoo.sql", Recovery: &pace, Trend: record.TrendOf(last[2:3])}, // of a source that dates no file
	}
	var out bytes.Buffer
	past := Past{Drills: []outcome.Result{interrupted, gateGo(), gateNoGo(), restsGo(), restsMissing(), passed(), drifted(), truncated()}, Standings: standings, Acceptances: []record.Acceptance{acceptance()}}
	if err := History(&out, past, noon.Add(48*time.Hour), Options{}); err != nil {
		t.Fatal(err)
	}
	out.WriteString("----\n")
	if err := History(&out, past, noon.Add(48*time.Hour), Options{Width: 60}); err != nil {
		t.Fatal(err)
	}
	out.WriteString("----\n")
	if err := History(&out, Past{Standings: []record.Standing{{Database: "crm"}}}, noon, Options{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "history.txt", out.Bytes())
}

// TestCheckOfAnUndatedBackup checks that a backup of unknown age is not shown as new, or as
// as old as the calendar.
func TestCheckOfAnUndatedBackup(t *testing.T) {
	r := checksOfTwo()[0]
	r.Backup.ModifiedAt, r.Failure = time.Time{}, nil
	if got := checkSentence(r); !strings.Contains(got, ", written at an unknown time, newest of ") {
		t.Error(got)
	}
}

// TestCheck checks that the first line of each says that nothing was restored.
func TestCheck(t *testing.T) {
	var out bytes.Buffer
	for _, r := range checksOfTwo() {
		var one bytes.Buffer
		if err := Text(&one, r, Options{}); err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(one.String(), "\n"); !strings.Contains(first, onlyChecked) {
			t.Errorf("the first line is %q", first)
		}
		out.WriteString(one.String() + "----\n")
	}
	golden(t, "check.txt", out.Bytes())
	out.Reset()
	if err := JSON(&out, checksOfTwo()); err != nil {
		t.Fatal(err)
	}
	golden(t, "check.json", out.Bytes())
	out.Reset()
	if err := JSON(&out, checksOfTwo()[1:]); err != nil || !strings.Contains(out.String(), `"checked": [`) {
		t.Errorf("of one database: %v\n%s", err, out.String())
	}
}

func TestContents(t *testing.T) {
	source := inspect.Source{Format: inspect.Custom, ArchiveVersion: "1.14", ServerVersion: "15.18", DumpVersion: "15.18", TakenAt: snapshot.Exactly(noon), DecodedBytes: 13 << 20}
	needs := inspect.Needs{
		Database:   inspect.Database{Name: "shop", Owner: "shop_owner", Encoding: "UTF8", Collate: "C.UTF-8", CType: "C.UTF-8"},
		Extensions: []inspect.Extension{{Name: "pg_trgm", Schema: "public"}, {Name: "uuid-ossp", Schema: "public"}},
		Roles:      []string{"shop_app", "shop_owner"},
	}
	promised := inspect.Promise{
		Objects: []inspect.Object{{Kind: inspect.KindTable, Name: "a"}, {Kind: inspect.KindTable, Name: "b"}, {Kind: inspect.KindIndex, Name: "c"}},
	}
	for i := range 20 {
		promised.Tables = append(promised.Tables, inspect.Table{Schema: "public", Name: "t" + string(rune('a'+i)), Rows: int64(i) * 1000, Bytes: int64(i) << 16, Data: true})
	}
	promised.Tables[19].Rows = -1
	promised.Tables[18].Data = false
	var out bytes.Buffer
	c := inspect.Contents{Source: source, Needs: needs, Promises: []inspect.Promise{promised}}
	if err := Contents(&out, "shop.dump", c, nil, nil, Options{}); err != nil {
		t.Fatal(err)
	}
	out.WriteString("----\n")
	broken := outcome.Fail(outcome.DumpTruncated, "the dump ends within COPY public.orders, in line 812")
	if err := Contents(&out, "shop.sql.gz", inspect.Contents{Source: inspect.Source{Format: inspect.Plain, Layers: []string{"gzip"}}}, nil, broken, Options{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "contents.txt", out.Bytes())
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWriteErrorsAreReturned(t *testing.T) {
	err := errors.Join(Text(brokenPipe{}, passed(), Options{}), nil)
	if !errors.Is(err, os.ErrClosed) || !errors.Is(JSON(brokenPipe{}, nil), os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
