package redact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretNeverPrints(t *testing.T) {
	const canary = "canary-hunter2"
	s := struct{ Password Secret }{canary}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s.Password, "struct", s)
	asJSON, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s.Password, s.Password, s.Password) + string(asJSON) + log.String()
	if strings.Contains(printed, canary) || strings.Contains(printed, fmt.Sprintf("%x", canary)) {
		t.Errorf("a secret in %s", printed)
	}
	if s.Password.Reveal() != canary {
		t.Error("Reveal does not reveal")
	}
}

func TestRedactorText(t *testing.T) {
	var r Redactor
	r.Add("swordfish", "swordfish-longer", "abc")
	tests := []struct{ in, want string }{
		{"a swordfish here", "a REDACTED here"},
		{"swordfish-longer", "REDACTED"},
		{"abc is too short to search for", "abc is too short to search for"},
		{"postgres://u:p4ss@h/d", "postgres://u:REDACTED@h/d"},
		{"postgres://u:p/a@ss@h/d", "postgres://u:REDACTED@h/d"},
		{"host=h password=p4ss user=u", "host=h password=REDACTED user=u"},
		{"password='two words' x", "password=REDACTED x"},
		{"failed to connect to `user=u database=d`", "failed to connect to `user=u database=d`"},
	}
	for _, tt := range tests {
		if got := r.Text(tt.in); got != tt.want {
			t.Errorf("Text(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
