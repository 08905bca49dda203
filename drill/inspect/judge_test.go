package inspect_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestJudge(t *testing.T) {
	full := []inspect.Table{{Schema: "public", Name: "t", Rows: 1, Bytes: 2, Data: true}}
	of := func(s inspect.Source, promises ...inspect.Promise) inspect.Contents {
		return inspect.Contents{Source: s, Promises: promises}
	}
	rows := inspect.Promise{Tables: full}
	plain := of(inspect.Source{Format: inspect.Plain, DumpVersion: "15.18"}, rows)
	archive := func(version, dump string) inspect.Contents {
		return of(inspect.Source{Format: inspect.Custom, ArchiveVersion: version, DumpVersion: dump}, rows)
	}
	for name, c := range map[string]struct {
		contents inspect.Contents
		policy   inspect.Policy
		want     outcome.Code
		findings []string
	}{
		"plain":                             {plain, inspect.Policy{Major: 15}, "", nil},
		"plain of a newer pg_dump":          {plain, inspect.Policy{Major: 13}, "", []string{"pg_dump_newer"}},
		"plain, major not known":            {plain, inspect.Policy{}, "", nil},
		"1.14 for 13":                       {archive("1.14", "13.23"), inspect.Policy{Major: 13}, "", nil},
		"1.14 of 15 for 13":                 {archive("1.14", "15.18"), inspect.Policy{Major: 13}, "", []string{"pg_dump_newer"}},
		"1.15 for 15":                       {archive("1.15", "16.2"), inspect.Policy{Major: 15}, outcome.DumpTooNew, []string{"pg_dump_newer"}},
		"1.15 for 16":                       {archive("1.15", "16.2"), inspect.Policy{Major: 16}, "", nil},
		"1.16 for 16":                       {archive("1.16", "17.1"), inspect.Policy{Major: 16}, outcome.DumpTooNew, []string{"pg_dump_newer"}},
		"1.16 for 17":                       {archive("1.16", "17.1"), inspect.Policy{Major: 17}, "", nil},
		"1.16 of 18 for 17":                 {archive("1.16", "18beta1"), inspect.Policy{Major: 17}, "", []string{"pg_dump_newer"}},
		"old archive":                       {archive("1.14", "13.23"), inspect.Policy{Major: 18}, "", nil},
		"too old an archive":                {archive("1.9", ""), inspect.Policy{Major: 18}, outcome.FormatUnsupported, nil},
		"tar that is also too new":          {of(inspect.Source{Format: inspect.Tar, ArchiveVersion: "1.16"}, inspect.Promise{}), inspect.Policy{Major: 13}, outcome.DumpTooNew, nil},
		"directory":                         {of(inspect.Source{Format: inspect.Directory, ArchiveVersion: "1.14"}, rows), inspect.Policy{Major: 15}, "", nil},
		"cluster":                           {of(inspect.Source{Format: inspect.Cluster, DumpVersion: "15.1", DumpCount: 1}, rows), inspect.Policy{Major: 15}, "", nil},
		"cluster without a database":        {of(inspect.Source{Format: inspect.Cluster, DumpVersion: "15.1"}), inspect.Policy{Major: 15}, outcome.FormatUnsupported, nil},
		"of an empty database":              {of(inspect.Source{Format: inspect.Plain, DumpVersion: "15.1"}, inspect.Promise{}), inspect.Policy{Major: 15}, outcome.DumpNoData, nil},
		"schema alone":                      {of(inspect.Source{Format: inspect.Plain, DumpVersion: "15.1"}, inspect.Promise{Tables: []inspect.Table{{Name: "t"}}}), inspect.Policy{Major: 15}, outcome.DumpNoData, nil},
		"schema alone, allowed":             {of(inspect.Source{Format: inspect.Plain, DumpVersion: "15.1"}, inspect.Promise{Tables: []inspect.Table{{Name: "t"}}}), inspect.Policy{Major: 15, AllowEmpty: true}, "", nil},
		"nothing but empty data":            {of(inspect.Source{Format: inspect.Plain, DumpVersion: "15.1"}, inspect.Promise{Tables: []inspect.Table{{Name: "t", Data: true}}}), inspect.Policy{Major: 15}, outcome.DumpNoData, nil},
		"large objects alone":               {of(inspect.Source{Format: inspect.Plain, DumpVersion: "15.1"}, inspect.Promise{LargeObjects: 1}), inspect.Policy{Major: 15}, "", nil},
		"rows that cannot be counted":       {of(inspect.Source{Format: inspect.Custom, ArchiveVersion: "1.16"}, inspect.Promise{Tables: []inspect.Table{{Name: "t", Rows: -1, Data: true}}}), inspect.Policy{Major: 18}, "", nil},
		"of another tool":                   {of(inspect.Source{Format: inspect.Plain}, rows), inspect.Policy{Major: 15}, "", []string{"third_party_dump"}},
		"a table without data":              {of(inspect.Source{Format: inspect.Plain, DumpVersion: "15.1"}, inspect.Promise{Tables: append([]inspect.Table{{Schema: "s", Name: "left\nout"}}, full...)}), inspect.Policy{Major: 15}, "", []string{"table_without_data"}},
		"a table without inserts":           {of(inspect.Source{Format: inspect.Plain, DumpVersion: "15.1"}, inspect.Promise{Tables: []inspect.Table{{Name: "t"}, {Name: "u", Rows: 2, Data: true}}}), inspect.Policy{Major: 15}, "", nil},
		"what would reach out":              {of(inspect.Source{Format: inspect.Plain, DumpVersion: "15.1"}, inspect.Promise{Tables: append([]inspect.Table{{Schema: "cron", Name: "job", Rows: 1, Bytes: 2, Data: true}}, full...), Objects: []inspect.Object{{Kind: inspect.KindSubscription, Name: "a"}, {Kind: inspect.KindServer, Name: "b"}, {Kind: inspect.KindEventTrigger, Name: "c"}}}), inspect.Policy{Major: 15}, "", []string{"subscription", "foreign_server", "event_trigger", "cron_jobs"}},
		"nothing promised":                  {of(inspect.Source{Format: inspect.Custom, DumpVersion: "15.1"}), inspect.Policy{Major: 15}, "", nil},
		"rows in one of two databases":      {of(inspect.Source{Format: inspect.Plain, DumpVersion: "15.1"}, inspect.Promise{DatabaseName: "empty"}, rows), inspect.Policy{Major: 15}, "", nil},
		"no rows in two databases":          {of(inspect.Source{Format: inspect.Plain, DumpVersion: "15.1"}, inspect.Promise{DatabaseName: "empty"}, inspect.Promise{Tables: []inspect.Table{{Name: "t"}}}), inspect.Policy{Major: 15}, outcome.DumpNoData, nil},
		"a table without data and no other": {of(inspect.Source{Format: inspect.Plain, DumpVersion: "15.1"}, inspect.Promise{LargeObjects: 1, Tables: []inspect.Table{{Name: "t"}}}), inspect.Policy{Major: 15}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := inspect.Judge(c.contents, nil, c.policy)
			if codeOf(err) != c.want {
				t.Errorf("got %q (%v), want %q", codeOf(err), err, c.want)
			}
			var codes []string
			for _, f := range found {
				codes = append(codes, f.Code)
				if f.Message == "" || f.Hint == "" || strings.Contains(f.Message, "\n") {
					t.Errorf("finding %+v", f)
				}
			}
			if diff := cmp.Diff(c.findings, codes); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJudgeOfABrokenDump(t *testing.T) {
	broken := outcome.Fail(outcome.DumpTruncated, "cut")
	if _, err := inspect.Judge(inspect.Contents{}, broken, inspect.Policy{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestJudgeOfRealDumps(t *testing.T) {
	for _, file := range dumps(t) {
		name := file[strings.LastIndex(file, "/")+1:]
		c, err := scan(t, load(t, file))
		if err != nil {
			t.Fatal(err)
		}
		want := outcome.Code("")
		if name == "schema-15.sql" {
			want = outcome.DumpNoData
		}
		found, err := inspect.Judge(c, nil, inspect.Policy{Major: 18})
		if codeOf(err) != want || len(found) > 0 {
			t.Errorf("%s: %v, findings %v", name, err, found)
		}
	}
}
