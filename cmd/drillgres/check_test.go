package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

// checkedConfig writes a config of a sound backup that is an hour old at morning, with more
// keys of the database.
func checkedConfig(t *testing.T, history, keys string) string {
	t.Helper()
	config := program.WriteConfig(t, "version: 1\nrecord: {history: "+history+"}\ndatabases:\n  shop: {backup: {from: backups}, postgres: {version: \"15\"}, "+keys+"}\n")
	addBackup(t, config, "shop-5.sql", "", morning.Add(-time.Hour))
	return config
}

// addBackup writes a small dump, and more text into it.
func addBackup(t *testing.T, config, name, more string, at time.Time) {
	t.Helper()
	path := filepath.Join(filepath.Dir(config), "backups", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(soundDump(more)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// soundDump returns a whole dump with more text in it.
func soundDump(more string) string {
	return "--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.18\n-- Dumped by pg_dump version 15.18\n\nCREATE TABLE public.t (id integer);\n\n" +
		more + "COPY public.t (id) FROM stdin;\n1\n\\.\n\n--\n-- PostgreSQL database dump complete\n--\n\n"
}

// TestCheckOfAnOverdueDrill checks at several times after a drill.
func TestCheckOfAnOverdueDrill(t *testing.T) {
	const day = 24 * time.Hour
	failed := outcome.Fail(outcome.SmokeFailed, "status 500")
	for name, tt := range map[string]struct {
		drills []outcome.Result
		keys   string
		code   outcome.Code
		says   string
	}{
		"recent":         {[]outcome.Result{lastNight("night", morning.Add(-6*day), nil)}, "max_unverified: 7d", "", ""},
		"not limited":    {nil, "budget: {}", "", ""},
		"never":          {nil, "max_unverified: 7d", outcome.DrillOverdue, "no drill of the newest backup of shop has passed yet; max_unverified allows 7d"},
		"too long ago":   {[]outcome.Result{lastNight("night", morning.Add(-8*day), nil)}, "max_unverified: 7d", outcome.DrillOverdue, "ended 8d ago, at 2026-11-16 06:00 UTC; max_unverified allows 7d"},
		"failed since":   {[]outcome.Result{lastNight("old", morning.Add(-8*day), nil), lastNight("night", morning.Add(-day), failed)}, "max_unverified: 7d", outcome.DrillOverdue, "ended 8d ago"},
		"over budget":    {[]outcome.Result{lastNight("night", morning.Add(-day), outcome.Fail(outcome.OverBudget, "slow"))}, "max_unverified: 7d", outcome.DrillOverdue, "no drill of the newest backup of shop has passed yet"},
		"in the future":  {[]outcome.Result{lastNight("night", morning.Add(day), nil)}, "max_unverified: 7d", outcome.DrillOverdue, "yet"},
		"of another one": {[]outcome.Result{func() outcome.Result { r := lastNight("n", morning, nil); r.Database = "crm"; return r }()}, "max_unverified: 7d", outcome.DrillOverdue, "yet"},
	} {
		t.Run(name, func(t *testing.T) {
			config := checkedConfig(t, "history.db", tt.keys)
			if len(tt.drills) > 0 {
				tell(t, config, tt.drills...)
			}
			wantCheck(t, config, tt.code, tt.says)
			if _, err := os.Stat(filepath.Join(filepath.Dir(config), "history.db")); len(tt.drills) == 0 && err == nil {
				t.Error("the check made a history")
			}
		})
	}
}

func wantCheck(t *testing.T, config string, code outcome.Code, says string) {
	t.Helper()
	stdout, exit, stderr := programAt(t, morning, nil, "check", "--config", config)
	switch {
	case code == "" && (exit != 0 || !strings.HasPrefix(stdout, "OK")),
		code != "" && (exit != code.Class().ExitCode() || !strings.Contains(stdout, ": "+string(code)) || !strings.Contains(strings.Join(strings.Fields(stdout), " "), says)):
		t.Errorf("exit %d, want %q\n%s%s", exit, code, stdout, stderr)
	}
}

// TestCheckWithoutItsHistory: a history that cannot be read is never fine.
func TestCheckWithoutItsHistory(t *testing.T) {
	const canary = "canary-90817263"
	history := fmt.Sprintf("%q", "postgres://drill:"+canary+"@127.0.0.1:1/ops")
	wantCheck(t, checkedConfig(t, history, "max_unverified: 7d"), outcome.HistoryUnavailable, "when shop was drilled is unknown; max_unverified allows 7d: ")
	undemanded := checkedConfig(t, history, "budget: {}")
	wantCheck(t, undemanded, "", "")
	stdout, _, _ := programAt(t, morning, nil, "check", "--config", undemanded)
	if text := strings.Join(strings.Fields(stdout), " "); strings.Contains(text, canary) || !strings.Contains(text, "history_unavailable: the newest backup of shop was not compared with those that drills verified") {
		t.Errorf("no finding says that its size could not be compared:\n%s", stdout)
	}
	if stdout, _, _ = programAt(t, morning, nil, "check", "--config", checkedConfig(t, "history.db", "budget: {}")); strings.Contains(stdout, "history") {
		t.Errorf("a history that does not exist yet has no sizes:\n%s", stdout)
	}
	damaged := checkedConfig(t, "history.db", "max_unverified: 7d")
	if err := os.WriteFile(filepath.Join(filepath.Dir(damaged), "history.db"), []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantCheck(t, damaged, outcome.HistoryUnavailable, "it is not a SQLite database")
}

// TestCheckOfAnUnusualSize checks a backup that is much smaller than those before it, until
// a drill has verified one as small. Of two failures both are reported.
func TestCheckOfAnUnusualSize(t *testing.T) {
	config := checkedConfig(t, "history.db", "max_unverified: 7d")
	for i := range 4 {
		addBackup(t, config, fmt.Sprintf("shop-%d.sql", i), strings.Repeat("-- large\n", 1000), morning.Add(time.Duration(i-10)*24*time.Hour))
	}
	wantCheck(t, config, outcome.BackupTooSmall, "less than a tenth of the usual")
	wantCheck(t, config, outcome.BackupTooSmall, "findings drill_overdue: no drill")
	night := lastNight("night", morning.Add(-time.Minute), nil)
	night.Backup.SizeBytes = 300
	tell(t, config, night)
	wantCheck(t, config, "", "")
	addBackup(t, config, "shop-5.sql", "", morning.Add(-30*24*time.Hour))
	for i := range 4 { // not at the source any more
		if err := os.Remove(filepath.Join(filepath.Dir(config), "backups", fmt.Sprintf("shop-%d.sql", i))); err != nil {
			t.Fatal(err)
		}
		r := lastNight(fmt.Sprint("night", i), morning.Add(time.Duration(i)*time.Second), nil)
		r.Backup.SizeBytes = 9000
		tell(t, config, r)
	}
	wantCheck(t, config, outcome.BackupTooSmall, "the size of the newest backup of its kind that a drill verified")
	for i := range 7 { // backups of the wrong database do not become usual
		addBackup(t, config, fmt.Sprintf("shop-6%d.sql", i), "", morning.Add(time.Duration(i-30)*time.Minute))
	}
	wantCheck(t, config, outcome.BackupTooSmall, "the size of the newest backup of its kind that a drill verified")
}

// lifecycleOf returns rules as S3 returns them.
func lifecycleOf(rules string) string {
	return "<LifecycleConfiguration>" + rules + "</LifecycleConfiguration>"
}

const wholeBucket = "<Filter><Prefix></Prefix></Filter><Status>Enabled</Status>"

// TestCheckOfABucket checks what a bucket on a real server does with its backups. A proxy
// answers for what the server does not know: lifecycle rules, encryption and accounts.
func TestCheckOfABucket(t *testing.T) {
	server := s3server.Start(t)
	server.Setenv(t)
	server.CreateBucket(t, "acme")
	server.KeepVersions(t, "acme")
	server.CreateBucket(t, "plain")
	for _, name := range []string{"acme", "plain"} {
		for _, key := range []string{"prod/shop-1.sql", "prod/shop-2.sql"} {
			server.Put(t, name, key, []byte(soundDump("")))
		}
	}
	rule := func(days int) string {
		return fmt.Sprintf("<Rule><ID>expire</ID>%s<Expiration><Days>%d</Days></Expiration></Rule>", wholeBucket, days)
	}
	for name, tt := range map[string]struct {
		bucket, backup string // more keys of backup
		rules          string // empty: refused
		owner          string // empty: the store ignores the question
		code           outcome.Code
		findings       []string
		says           string
	}{
		"a good bucket":                {"acme", "retention: {gap: 26h}", rule(30), "", "", []string{"bucket_unlocked"}, "store versioning on; object lock off; public access no; encryption AES256; region us-east-1; lifecycle 1 rule; credentials a key without an end"},
		"without versions":             {"plain", "min_size: 1", rule(30), "", "", []string{"bucket_unversioned"}, "aws s3api put-bucket-versioning --bucket plain --versioning-configuration Status=Enabled --endpoint-url "},
		"rules that are not known":     {"acme", "min_size: 1", "", "", "", []string{"bucket_unlocked", "posture_unknown"}, "grant these credentials s3:GetLifecycleConfiguration on the bucket"},
		"deleted within a week":        {"acme", "min_size: 1", rule(3), "", "", []string{"bucket_unlocked", "lifecycle_deletes"}, "when it is "},
		"tagged":                       {"acme", "min_size: 1", "<Rule><ID>t</ID><Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>", "", "", []string{"bucket_unlocked", "lifecycle_unclear"}, "applies to objects with certain tags"},
		"archived at once":             {"acme", "min_size: 1", "<Rule><ID>a</ID>" + wholeBucket + "<Transition><Days>0</Days><StorageClass>GLACIER</StorageClass></Transition></Rule>", "", "", []string{"bucket_unlocked", "lifecycle_archives"}, "From the class GLACIER it can be read only hours after a request"},
		"another folder":               {"acme", "min_size: 1", strings.Replace(rule(1), "<Prefix></Prefix>", "<Prefix>logs/</Prefix>", 1), "", "", []string{"bucket_unlocked"}, ""},
		"not in the other region":      {"acme", "offsite: {not_in: [eu-central-1]}", rule(30), "", "", []string{"bucket_unlocked"}, ""},
		"in the region of production":  {"acme", "offsite: {not_in: [eu-central-1, us-east-1]}", rule(30), "", outcome.BackupNotOffsite, []string{"bucket_unlocked"}, "the bucket is in us-east-1"},
		"in the account of production": {"acme", "offsite: {not_account: \"123456789012\"}", rule(30), "123456789012", outcome.BackupNotOffsite, []string{"bucket_unlocked"}, "the bucket is in the account 123456789012"},
		"in another account":           {"acme", "offsite: {not_account: \"123456789012\"}", rule(30), "999999999999", "", []string{"bucket_unlocked"}, "account another"},
		"an unknown account":           {"acme", "offsite: {not_account: \"123456789012\"}", rule(30), "", outcome.OffsiteUnknown, []string{"bucket_unlocked", "posture_unknown"}, "the account of the bucket is unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint := bucketProxy(t, server, tt.rules, tt.owner)
			config := program.WriteConfig(t, fmt.Sprintf("version: 1\ndatabases:\n  shop: {backup: {from: \"s3://%s/prod\", s3: {endpoint: %q}, %s}, postgres: {version: \"15\"}}\n", tt.bucket, endpoint, tt.backup))
			wantBucket(t, config, tt.code, tt.findings, tt.says)
		})
	}
	// Three failures at once: the first is the result's.
	config := program.WriteConfig(t, fmt.Sprintf("version: 1\ndatabases:\n  shop: {backup: {from: \"s3://plain/prod\", s3: {endpoint: %q}, offsite: {not_in: [us-east-1]}, retention: {keep: 1s}}, postgres: {version: \"15\"}, max_unverified: 7d}\n",
		bucketProxy(t, server, "<Rule><ID>day</ID>"+wholeBucket+"<Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration></Rule>", "")))
	time.Sleep(time.Second) // until the backups are as old as keep
	wantBucket(t, config, outcome.BackupNotOffsite, []string{"lifecycle_deletes", "bucket_unversioned", "drill_overdue"}, "deletes every backup on 2030-01-01, however young it is")
	kept := strings.Replace(read(t, config), "offsite: {not_in: [us-east-1]}, ", "", 1)
	if err := os.WriteFile(config, []byte(kept), 0o600); err != nil {
		t.Fatal(err)
	}
	wantBucket(t, config, outcome.LifecycleDeletes, []string{"bucket_unversioned", "drill_overdue"}, "the lifecycle rule \"day\" deletes every backup")
	// Rules that nobody may read may delete them too.
	config = program.WriteConfig(t, fmt.Sprintf("version: 1\ndatabases:\n  shop: {backup: {from: \"s3://acme/prod\", s3: {endpoint: %q}, retention: {keep: 1s}}, postgres: {version: \"15\"}}\n", bucketProxy(t, server, "", "")))
	wantBucket(t, config, outcome.LifecycleUnknown, []string{"bucket_unlocked", "posture_unknown"}, "before the 1s of backup.retention.keep: refused (AccessDenied)")
}

// bucketProxy answers for the server what it does not know.
func bucketProxy(t *testing.T, server *s3server.Server, rules, owner string) string {
	t.Helper()
	return server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
		query, expected := r.URL.Query(), r.Header.Get("X-Amz-Expected-Bucket-Owner")
		switch {
		case query.Has("encryption"):
			_, _ = fmt.Fprint(w, "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>")
		case query.Has("lifecycle") && rules != "":
			_, _ = fmt.Fprint(w, lifecycleOf(rules))
		case query.Has("lifecycle"), expected != "" && owner != "" && expected != owner:
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprint(w, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
		case expected != "":
			_, _ = fmt.Fprint(w, "<ListBucketResult><Name>acme</Name></ListBucketResult>")
		default:
			return false
		}
		return true
	})
}

func wantBucket(t *testing.T, config string, code outcome.Code, findings []string, says string) {
	t.Helper()
	var doc struct{ Checked []outcome.Result }
	stdout, exit, stderr := runProgram(t.Context(), "check", "--config", config, "--format", "json")
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil || len(doc.Checked) != 1 {
		t.Fatalf("%v\n%s%s", err, stdout, stderr)
	}
	r := doc.Checked[0]
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.Code)
	}
	slices.Sort(got)
	slices.Sort(findings)
	if failureCode(r.Failure) != string(code) || !slices.Equal(got, findings) || code != "" && exit != code.Class().ExitCode() || code == "" && exit != 0 {
		t.Errorf("exit %d, %q, %q; want %q, %q\n%s", exit, failureCode(r.Failure), got, code, findings, stdout)
	}
	text, _, _ := runProgram(t.Context(), "check", "--config", config)
	if !strings.Contains(strings.Join(strings.Fields(text), " "), says) {
		t.Errorf("does not say %q:\n%s", says, text)
	}
	if testing.Verbose() {
		t.Log("\n" + text)
	}
}
