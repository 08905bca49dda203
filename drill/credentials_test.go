package drill_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// lent is a source whose credentials may end.
type lent struct {
	locate.Source
	credentials locate.Credentials
}

func (l lent) Credentials(context.Context) locate.Credentials { return l.credentials }

// TestCheckOfCredentials checks when credentials are reported before they end.
func TestCheckOfCredentials(t *testing.T) {
	now := time.Now()
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		began, ends time.Duration // from now; 0: unknown
		reported    bool
	}{
		"no end":                       {0, 0, false},
		"in two weeks":                 {0, 14 * day, false},
		"in six days":                  {0, 6 * day, true},
		"of a year, in six days":       {-359 * day, 6 * day, true},
		"of a week, in six days":       {-1 * day, 6 * day, false},
		"of a week, tomorrow":          {-6 * day, 1 * day, true},
		"of an hour, for this job":     {-time.Minute, 59 * time.Minute, false},
		"of an hour, in its last part": {-55 * time.Minute, 5 * time.Minute, true},
		"gone":                         {0, -time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := backupOf(smallDump, nil)
			var credentials locate.Credentials
			if c.began != 0 {
				credentials.Began = now.Add(c.began)
			}
			if c.ends != 0 {
				credentials.Ends = now.Add(c.ends)
			} else {
				credentials.Text = "a key without an end"
			}
			b.Source = lent{b.Source, credentials}
			d := checkOf(found{b, nil})
			d.Demands = &drill.Demands{}
			got := d.Check(t.Context())
			reported := len(got.Findings) == 1 && got.Findings[0].Code == "credentials_expire"
			if reported != c.reported || !reported && len(got.Findings) > 0 || got.Failure != nil {
				t.Errorf("%+v, %+v", got.Findings, got.Failure)
			}
			if f := got.Posture.Fact(outcome.FactCredentials); f.Value == "" {
				t.Errorf("%+v", got.Posture)
			}
		})
	}
}

// TestCheckOfCredentialsThatMayEndEarlier: the latest end is not taken for the end.
func TestCheckOfCredentialsThatMayEndEarlier(t *testing.T) {
	for after, reported := range map[time.Duration]bool{6 * 24 * time.Hour: true, 30 * 24 * time.Hour: false} {
		b := backupOf(smallDump, nil)
		b.Source = lent{b.Source, locate.Credentials{Ends: time.Now().Add(after), Why: "the token may end earlier"}}
		d := checkOf(found{b, nil})
		d.Demands = &drill.Demands{}
		got := d.Check(t.Context())
		f := got.Posture.Fact(outcome.FactCredentials)
		if f.Value != "" || !strings.HasPrefix(f.Why, "valid until ") || !strings.HasSuffix(f.Why, " at the latest; the token may end earlier") {
			t.Errorf("%+v", f)
		}
		if reported != (len(got.Findings) == 1 && strings.Contains(got.Findings[0].Message, "at the latest, at ")) {
			t.Errorf("%+v", got.Findings)
		}
	}
}
