package outcome

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestCatalogueIsComplete(t *testing.T) {
	snake := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[Code]bool{}
	for _, e := range Catalogue {
		if !snake.MatchString(string(e.Code)) || seen[e.Code] {
			t.Errorf("code %q is malformed or a duplicate", e.Code)
		}
		seen[e.Code] = true
		if e.Class == "" || e.Cause == "" || e.Remedy == "" {
			t.Errorf("%s lacks class, cause or remedy", e.Code)
		}
		if strings.HasSuffix(e.Remedy, ".") || strings.ToLower(e.Remedy[:1]) != e.Remedy[:1] && !strings.HasPrefix(e.Remedy, "REINDEX") {
			t.Errorf("%s: the remedy %q is not lower case without a full stop", e.Code, e.Remedy)
		}
	}
}

func TestClassDecidesVerdictAndExitCode(t *testing.T) {
	tests := []struct {
		class   Class
		verdict Verdict
		exit    int
	}{
		{ClassInternal, VerdictUnproved, 1},
		{ClassUsage, VerdictUnproved, 2},
		{ClassBackup, VerdictFailed, 3},
		{ClassSchema, VerdictFailed, 3},
		{ClassApp, VerdictFailed, 4},
		{ClassEnvironment, VerdictUnproved, 5},
		{ClassBudget, VerdictFailed, 6},
		{ClassSignal, VerdictUnproved, 130},
		{Class("of a future version"), VerdictUnproved, 1},
	}
	for _, tt := range tests {
		if tt.class.Verdict() != tt.verdict || tt.class.ExitCode() != tt.exit {
			t.Errorf("%s: got %s, %d; want %s, %d", tt.class, tt.class.Verdict(), tt.class.ExitCode(), tt.verdict, tt.exit)
		}
	}
}

func TestAsFailure(t *testing.T) {
	known := Fail(DumpTruncated, "the end is missing")
	tests := []struct {
		name string
		err  error
		want Code
	}{
		{"wrapped", fmt.Errorf("inspect: %w", known), DumpTruncated},
		{"cancelled", fmt.Errorf("read: %w", context.Canceled), Interrupted},
		{"anything else", errors.New("surprise"), Internal},
	}
	for _, tt := range tests {
		if got := AsFailure(tt.err); got.Code != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got.Code, tt.want)
		}
	}
	if AsFailure(nil) != nil {
		t.Error("AsFailure(nil) is not nil")
	}
}
