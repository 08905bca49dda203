package drill_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
)

// bucket is a source of which only ReadRange is used.
type bucket struct {
	locate.Source
	content string
	err     error
}

func (b bucket) ReadRange(_ context.Context, _ locate.Object, _, length int64) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(b.content[:length])), b.err
}

// smallDump is a whole plain dump.
const smallDump = "--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.18\n-- Dumped by pg_dump version 15.19\n\n" +
	"CREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n\\.\n\n--\n-- PostgreSQL database dump complete\n--\n"

// found is a locator that always returns the same.
type found struct {
	backup locate.Backup
	err    error
}

func (f found) Locate(context.Context) (locate.Backup, error) { return f.backup, f.err }

func checkOf(l drill.Locator) drill.Drill {
	var r redact.Redactor
	r.Add("canary-4711")
	return drill.Drill{Database: "shop", RunID: "run", Now: time.Now, Redactor: &r, Locator: l}
}

// TestCheck checks that no result of a check counts as a verified backup.
func TestCheck(t *testing.T) {
	backup := func(read error) locate.Backup { return backupOf(smallDump, read) }
	for _, tt := range []struct {
		name    string
		locator found
		code    outcome.Code
		verdict outcome.Verdict
		exit    int
	}{
		{"a recent backup", found{backup(nil), nil}, "", outcome.VerdictUnproved, 0},
		{"a stale one", found{backup(nil), outcome.Fail(outcome.BackupStale, "old")}, outcome.BackupStale, outcome.VerdictFailed, 3},
		{"one that may not be read", found{backup(outcome.Fail(outcome.SourceDenied, "no, canary-4711")), nil}, outcome.SourceDenied, outcome.VerdictUnproved, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := checkOf(tt.locator).Check(t.Context())
			code := outcome.Code("")
			if got.Failure != nil {
				code = got.Failure.Code
			}
			if code != tt.code || got.Verdict != tt.verdict || got.ExitCode != tt.exit {
				t.Errorf("%s, %s, exit %d: %+v", code, got.Verdict, got.ExitCode, got.Failure)
			}
			if got.Kind != outcome.KindCheck || got.RPOSeconds != nil || got.Backup.URI != "s3://b/shop.dump" || got.Stages[0].Details["matched"] != 3 {
				t.Errorf("%+v", got)
			}
			if got.Failure != nil && strings.Contains(got.Failure.Message, "canary") {
				t.Errorf("a secret in %q", got.Failure.Message)
			}
			onlyLocated(t, got)
		})
	}
}

func backupOf(content string, read error) locate.Backup {
	return locate.Backup{
		Object: locate.Object{Key: "shop.dump", Size: int64(len(content)), ModifiedAt: time.Now().Add(-time.Hour)},
		Source: bucket{content: content, err: read}, URI: "s3://b/shop.dump", Matched: 3,
	}
}

// TestCheckRecognises checks that a check says what the newest backup is, and fails in
// the stage and with the code of a drill if it is none.
func TestCheckRecognises(t *testing.T) {
	large := smallDump[:strings.Index(smallDump, "\\.")] + strings.Repeat("2\n", 100_000)
	for name, tt := range map[string]struct {
		content string
		format  string
		code    outcome.Code
		stage   outcome.Stage
	}{
		"a plain dump":          {smallDump, "plain", "", ""},
		"a large one":           {large, "plain", "", ""},
		"one without its end":   {smallDump[:strings.Index(smallDump, "\\.")], "plain", outcome.DumpTruncated, outcome.Inspect},
		"noise":                 {strings.Repeat("\x8e\x01\xfa\x90", 500), "", outcome.NotADump, outcome.Inspect},
		"much noise":            {strings.Repeat("\x8e\x01\xfa\x90", 100_000), "", outcome.NotADump, outcome.Inspect},
		"an error page":         {"<html>AccessDenied</html>", "", outcome.NotADump, outcome.Inspect},
		"globals":               {"--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE a;\n\n--\n-- PostgreSQL database cluster dump complete\n--\n", "cluster", outcome.FormatUnsupported, outcome.Inspect},
		"an encrypted file":     {"age-encryption.org/v1\n-> X25519 x\n", "", outcome.KeyMissing, outcome.Fetch},
		"a large encrypted one": {"Salted__12345678" + strings.Repeat("\x8e\x01", 100_000), "", outcome.KeyMissing, outcome.Fetch},
	} {
		t.Run(name, func(t *testing.T) {
			got := checkOf(found{backupOf(tt.content, nil), nil}).Check(t.Context())
			var code outcome.Code
			var stage outcome.Stage
			if got.Failure != nil {
				code, stage = got.Failure.Code, got.Failure.Stage
			}
			if code != tt.code || stage != tt.stage || got.ExitCode != code.Class().ExitCode() && code != "" {
				t.Errorf("%s in %s, exit %d: %+v", code, stage, got.ExitCode, got.Failure)
			}
			if tt.code == "" && (got.Backup.Format != tt.format || got.Backup.ServerVersion != "15.18" || got.Backup.PgDumpVersion != "15.19" || len(got.Findings) > 0) {
				t.Errorf("%+v, %+v", got.Backup, got.Findings)
			}
			if len(got.Stages) != len(outcome.Stages) {
				t.Errorf("%d stages", len(got.Stages))
			}
		})
	}
}

// TestCheckOfAnOddBackup checks that a check reports, like a drill, that the newest backup
// is probably not the one that was meant.
func TestCheckOfAnOddBackup(t *testing.T) {
	with := func(text string) string {
		return strings.Replace(smallDump, "CREATE TABLE", text+"\nCREATE TABLE", 1)
	}
	started := func(ago time.Duration) string {
		return with("-- Started on " + time.Now().Add(-ago).UTC().Format("2006-01-02 15:04:05") + " UTC\n")
	}
	for name, tt := range map[string]struct {
		content  string
		maxAge   time.Duration
		code     outcome.Code
		findings []string
	}{
		"a recent one":             {started(2 * time.Hour), 26 * time.Hour, "", nil},
		"a copy of an old one":     {started(72 * time.Hour), 0, "", []string{"dump_older_than_object"}},
		"one that is too old":      {started(72 * time.Hour), 26 * time.Hour, outcome.BackupStale, []string{"dump_older_than_object"}},
		"one of another database":  {with("CREATE DATABASE crm;\n\\connect crm\n"), 0, "", []string{"database_changed"}},
		"one of the same database": {with("CREATE DATABASE shop;\n\\connect shop\n"), 0, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := checkOf(found{backupOf(tt.content, nil), nil})
			d.Policy = inspect.Policy{MaxAge: tt.maxAge, Now: time.Now()}
			d.DumpedBefore = func(context.Context) ([]string, error) { return []string{"shop"}, nil }
			got := d.Check(t.Context())
			var code outcome.Code
			if got.Failure != nil {
				code = got.Failure.Code
			}
			var findings []string
			for _, f := range got.Findings {
				findings = append(findings, f.Code)
				if !strings.Contains(f.Hint, "backup.match") {
					t.Errorf("hint %q", f.Hint)
				}
			}
			if code != tt.code || !slices.Equal(findings, tt.findings) {
				t.Errorf("%q with %q, want %q with %q", code, findings, tt.code, tt.findings)
			}
		})
	}
}

// onlyLocated checks that every stage is listed and only locate was run.
func onlyLocated(t *testing.T, r outcome.Result) {
	t.Helper()
	var stages []outcome.Stage
	for _, s := range r.Stages {
		stages = append(stages, s.Stage)
		if (s.Status == outcome.StageSkipped) != (s.Stage != outcome.Locate) || s.Status == outcome.StageSkipped && s.Reason == "" {
			t.Errorf("stage %s is %s: %q", s.Stage, s.Status, s.Reason)
		}
	}
	if !slices.Equal(stages, outcome.Stages) {
		t.Errorf("stages %v", stages)
	}
}

// TestCheckEnds checks that a check ends if it is interrupted or its source hangs.
func TestCheckEnds(t *testing.T) {
	s := newScript()
	s.during[outcome.Locate] = func(ctx context.Context) { <-ctx.Done() }
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := checkOf(s).Check(ctx); got.ExitCode != 130 || got.Verdict != outcome.VerdictUnproved {
		t.Errorf("interrupted: exit %d, %+v", got.ExitCode, got.Failure)
	}
	s.fail[outcome.Locate] = context.DeadlineExceeded
	d := checkOf(s)
	d.Deadline = map[outcome.Stage]time.Duration{outcome.Locate: 10 * time.Millisecond}
	if got := d.Check(t.Context()); got.Failure == nil || got.Failure.Code != outcome.SourceUnreachable || got.ExitCode != 5 {
		t.Errorf("a source that hangs: exit %d, %+v", got.ExitCode, got.Failure)
	}
}
