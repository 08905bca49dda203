package drill_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// stored is a source in a store that states a posture.
type stored struct {
	locate.Source
	posture locate.Posture
}

func (s stored) Posture(context.Context, string) locate.Posture { return s.posture }

// postureCheck checks a backup in a store that answers as stated.
func postureCheck(t *testing.T, demands drill.Demands, stated locate.Posture) outcome.Result {
	t.Helper()
	b := backupOf(smallDump, nil)
	b.Source = stored{b.Source, stated}
	d := checkOf(found{b, nil})
	d.Demands = &demands
	return d.Check(t.Context())
}

// TestCheckOfUnknownRules: what a store does not answer is never fine, and the hint follows
// why it is unknown.
func TestCheckOfUnknownRules(t *testing.T) {
	const grant = "grant these credentials s3:GetLifecycleConfiguration on the bucket"
	for name, c := range map[string]struct {
		keep       time.Duration
		fact       outcome.Fact
		code       outcome.Code
		findings   string
		hint, also string // of the failure, and of the finding
	}{
		"known":                    {30 * 24 * time.Hour, outcome.Fact{Value: "no rules"}, "", "", "", ""},
		"refused":                  {30 * 24 * time.Hour, outcome.Fact{Why: "refused", Permission: "s3:GetLifecycleConfiguration"}, outcome.LifecycleUnknown, "posture_unknown", grant, grant},
		"not answered in time":     {30 * 24 * time.Hour, outcome.Fact{Why: "no answer within 10s"}, outcome.LifecycleUnknown, "posture_unknown", "check again later", "check again later"},
		"a question it cannot do":  {30 * 24 * time.Hour, outcome.Fact{Why: outcome.Unanswered}, "", "lifecycle_unknown posture_unknown", "", "the store's own tools"},
		"nothing must be kept":     {0, outcome.Fact{Why: outcome.Unanswered}, "", "posture_unknown", "", "the store's own tools"},
		"refused, nothing is kept": {0, outcome.Fact{Why: "refused", Permission: "s3:GetLifecycleConfiguration"}, "", "posture_unknown", "", grant},
	} {
		t.Run(name, func(t *testing.T) {
			c.fact.Name = outcome.FactLifecycle
			got := postureCheck(t, drill.Demands{Keep: c.keep}, locate.Posture{Facts: []outcome.Fact{c.fact}})
			switch f := got.Failure; {
			case c.code == "" && (f != nil || got.ExitCode != 0),
				c.code != "" && (f == nil || f.Code != c.code || got.ExitCode != outcome.OffsiteUnknown.Class().ExitCode() || !strings.Contains(f.Hint, c.hint)):
				t.Errorf("exit %d, %+v", got.ExitCode, f)
			}
			var codes []string
			for _, f := range got.Findings {
				if codes = append(codes, f.Code); !strings.Contains(f.Hint, c.also) {
					t.Errorf("the hint of %s is %q, want %q", f.Code, f.Hint, c.also)
				}
			}
			if strings.Join(codes, " ") != c.findings {
				t.Errorf("findings %q, want %q", codes, c.findings)
			}
		})
	}
}

// TestCheckOfSeveralReasons: each reason why something is unknown has its remedy.
func TestCheckOfSeveralReasons(t *testing.T) {
	got := postureCheck(t, drill.Demands{}, locate.Posture{Facts: []outcome.Fact{
		{Name: outcome.FactVersioning, Why: "refused", Permission: "s3:GetBucketVersioning"},
		{Name: outcome.FactPublic, Why: "HTTP 500"},
		{Name: outcome.FactEncryption, Why: outcome.Unanswered},
		{Name: outcome.FactRegion, Why: "refused", Permission: "s3:GetBucketLocation"},
	}})
	const want = "grant these credentials s3:GetBucketLocation, s3:GetBucketVersioning on the bucket; check again later, because the store failed to answer; " +
		"look up with the store's own tools what it does not answer"
	if len(got.Findings) != 1 || got.Findings[0].Hint != want || !strings.Contains(got.Findings[0].Message, "encryption ("+outcome.Unanswered+")") {
		t.Errorf("%+v", got.Findings)
	}
}

// TestCheckOfSeveralRegions compares every region in which a bucket keeps its objects.
func TestCheckOfSeveralRegions(t *testing.T) {
	dual := []string{"EUROPE-WEST1", "europe-west3"} // in the location EU
	multi := []string{"eu", "europe-north*", "europe-west[^26]"}
	for name, c := range map[string]struct {
		notIn, regions []string
		code           outcome.Code
		says           string
	}{
		"one of two":             {[]string{"europe-west3"}, dual, outcome.BackupNotOffsite, "the bucket is in europe-west3"},
		"the other, in capitals": {[]string{"Europe-West1", "us-east1"}, dual, outcome.BackupNotOffsite, "the bucket is in europe-west1"},
		"neither of two":         {[]string{"europe-west4"}, dual, "", ""},
		"the location of two":    {[]string{"eu"}, dual, "", ""},
		"the location":           {[]string{"EU"}, multi, outcome.BackupNotOffsite, "the bucket is in eu"},
		"possibly":               {[]string{"us-east1", "europe-west3"}, multi, outcome.OffsiteUnknown, "the bucket is in eu, which may include europe-west3 of backup.offsite.not_in"},
		"not possibly":           {[]string{"europe-west2", "us-east1"}, multi, "", ""},
		"one region":             {[]string{"eu"}, nil, outcome.BackupNotOffsite, "the bucket is in eu"},
	} {
		t.Run(name, func(t *testing.T) {
			got := postureCheck(t, drill.Demands{NotIn: c.notIn}, locate.Posture{Facts: []outcome.Fact{{Name: outcome.FactRegion, Value: "eu"}}, Regions: slices.Clone(c.regions)})
			switch f := got.Failure; {
			case c.code == "" && f != nil, c.code != "" && (f == nil || f.Code != c.code || !strings.Contains(f.Message, c.says)):
				t.Errorf("%+v", f)
			}
		})
	}
}
