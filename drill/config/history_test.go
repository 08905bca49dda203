package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/redact"
)

const historyOf = "version: 1\ndatabases: {a: {backup: {from: x}, postgres: {version: 16}}}\nrecord: {history: %s}\n"

func TestHistoryPrintsNoPassword(t *testing.T) {
	for _, text := range []string{
		"postgres://drill:" + canary + "@db.internal:5433/ops?sslmode=require",
		"postgresql://drill@db.internal:5433/ops?password=" + canary,
		"postgres://drill:%zz" + canary + "@h/d",
		"mysql://drill:" + canary + "@h/d",
	} {
		s := struct{ H History }{History(text)}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "history", s.H, "struct", s)
		asJSON, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		printed := fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s.H, s.H, s.H) + string(asJSON) + log.String()
		if strings.Contains(printed, canary) || strings.Contains(printed, fmt.Sprintf("%x", canary)) {
			t.Errorf("a secret in %s", printed)
		}
		if s.H.Reveal() != text {
			t.Error("Reveal does not reveal")
		}
	}
	if got := History("postgres://drill:x@db.internal:5433/ops?sslmode=require").String(); got != "postgres://drill@db.internal:5433/ops" {
		t.Errorf("prints %s", got)
	}
	for _, plain := range []string{"/srv/history.db", "s3://bucket/prefix"} {
		if got := fmt.Sprintf("%v", History(plain)); got != plain {
			t.Errorf("prints %s for %s", got, plain)
		}
	}
}

func TestHistoryFromEnvironmentAndFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "url"), []byte("postgres://drill:"+canary+"@h/d\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	getenv := environment(map[string]string{"PASSWORD": canary + "%2F", "URL": "postgres://drill:" + canary + "@h/d", "PLACE": dir})
	for value, want := range map[string]string{
		`"postgres://drill:${PASSWORD}@h/d"`: "postgres://drill:" + canary + "%2F@h/d",
		`"${URL}"`:                           "postgres://drill:" + canary + "@h/d",
		"{file: url}":                        "postgres://drill:" + canary + "@h/d",
		`"${PLACE}/history.db"`:              filepath.Join(dir, "history.db"),
		`"s3://bucket/${NONE:-ci}"`:          "s3://bucket/ci",
	} {
		cfg, err := reader(getenv).Parse(filepath.Join(dir, "drillgres.yaml"), fmt.Appendf(nil, historyOf, value))
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		if got := cfg.Record.History.Reveal(); got != want {
			t.Errorf("%s: %s", value, got)
		}
		var r redact.Redactor
		r.Add(cfg.Secrets()...)
		if got := r.Text("cannot reach " + want + " with " + canary + "/ or " + canary + "%2F"); strings.HasPrefix(want, "postgres") && strings.Contains(got, canary) {
			t.Errorf("%s: the redactor lets through %s", value, got)
		}
		if got := r.Text(dir); got != dir {
			t.Errorf("%s: a path is taken for a secret: %s", value, got)
		}
	}
}

func TestHistoryIsChecked(t *testing.T) {
	for value, want := range map[string]string{
		"mysql://u:" + canary + "@h/d":          "unsupported scheme mysql://: supported are postgres, s3, and a path",
		"file:///srv/history.db":                "unsupported scheme file://",
		"postgress://u:" + canary + "@h/d":      "did you mean postgres://?",
		"s3://":                                 "no bucket",
		"s3://key:" + canary + "@bucket/x":      "no bucket",
		"postgres://u:" + canary + "%zz@h/d":    "not a URL",
		"postgres://u:${UNSET}@h/d":             "UNSET is not set",
		"[" + canary + "]":                      "want a string",
		"~/history.db":                          "~",
		`history.db, s3: {region: "auto"`:       "record.s3: has options for s3://bucket/prefix, but record.history names another kind of place",
		`s3://bucket/x, s3: {endpoint: "minio"`: "endpoint",
	} {
		text := fmt.Sprintf(historyOf, `"`+value+`"`)
		if strings.HasPrefix(value, "[") {
			text = fmt.Sprintf(historyOf, value)
		}
		if before, s3, found := strings.Cut(value, ", "); found {
			text = fmt.Sprintf(historyOf, before+", "+s3+"}")
		}
		_, err := reader(environment(nil)).Parse("drillgres.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", value, err)
		}
	}
}
