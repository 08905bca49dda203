package drill_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/verify"
)

// recipients records which part of a backup's contents each stage was given.
type recipients struct {
	*script
	contents inspect.Contents

	needs    inspect.Needs
	dump     restore.Dump
	promised inspect.Promise
	others   []string // databases
	owner    string   // when the application is checked
}

func (r *recipients) Fetch(context.Context, locate.Backup, outcome.Progress) (fetch.File, error) {
	return fetch.File{Path: "/backups/shop.dump", Contents: r.contents}, nil
}

func (r *recipients) Provision(_ context.Context, needs inspect.Needs) (provision.Server, error) {
	r.needs = needs
	return provision.Server{Running: sandbox.Running{Pod: r.pod}, Database: "shop"}, nil
}

func (r *recipients) Restore(_ context.Context, _ provision.Server, dump restore.Dump, _ outcome.Progress) (restore.Restored, error) {
	r.dump = dump
	return restore.Restored{Owner: "shop_owner"}, nil
}

func (r *recipients) Verify(_ context.Context, _ provision.Server, promised inspect.Promise, _ snapshot.Range, _ outcome.Progress) (verify.Report, error) {
	r.promised = promised
	return verify.Report{}, nil
}

func (r *recipients) VerifyPromise(_ context.Context, _ provision.Server, promised inspect.Promise, _ *verify.Report) error {
	r.others = append(r.others, promised.DatabaseName)
	return nil
}

func (r *recipients) Check(_ context.Context, s provision.Server) (appcheck.Report, error) {
	r.owner = s.Owner
	return appcheck.Report{}, nil
}

// TestEachStageGetsItsPart checks that provision gets Needs, restore gets Source, and
// verify gets the Promise of the database that was restored.
func TestEachStageGetsItsPart(t *testing.T) {
	filled := []inspect.Table{{Schema: "public", Name: "t", Rows: 1, Data: true}}
	r := &recipients{script: newScript(), contents: inspect.Contents{
		Source:   inspect.Source{Format: inspect.Plain, DecodedBytes: 7},
		Needs:    inspect.Needs{Roles: []string{"app"}},
		Promises: []inspect.Promise{{DatabaseName: "wiki", Objects: make([]inspect.Object, 2)}, {DatabaseName: "shop", Tables: filled}},
	}}
	d := r.drill()
	d.Fetcher, d.Provisioner, d.Restorer, d.Verifier, d.App = r, r, r, r, r
	result := d.Run(t.Context())
	if result.Verdict != outcome.VerdictPassed {
		t.Fatalf("verdict %s, failure %+v", result.Verdict, result.Failure)
	}
	for what, pair := range map[string][2]any{
		"provision": {r.contents.Needs, r.needs},
		"restore":   {restore.Dump{Path: "/backups/shop.dump", Source: r.contents.Source}, r.dump},
		"verify":    {r.contents.Promises[1], r.promised},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	if r.owner != "shop_owner" { // a dump may set it
		t.Errorf("the application is checked with the owner %q", r.owner)
	}
	if diff := cmp.Diff([]string{"wiki"}, r.others); diff != "" {
		t.Errorf("other databases (-want +got):\n%s", diff)
	}
	for _, stage := range result.Stages {
		if stage.Stage != outcome.Inspect {
			continue
		}
		want := map[string]any{"format": "plain", "decoded_bytes": int64(7), "tables": 1, "objects": 2}
		if diff := cmp.Diff(want, stage.Details); diff != "" {
			t.Errorf("details of inspect (-want +got):\n%s", diff)
		}
	}
}
