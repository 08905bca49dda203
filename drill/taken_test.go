package drill

import (
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
)

// TestDumpSize: what a dump takes is bounded by what it holds, not by what is
// left of that after compression.
func TestDumpSize(t *testing.T) {
	b := locate.Backup{Object: locate.Object{Size: 10}}
	for _, c := range []struct {
		contents inspect.Contents
		want     int64
	}{
		{inspect.Contents{}, 10},
		{inspect.Contents{Source: inspect.Source{DecodedBytes: 80}}, 80},
		{inspect.Contents{Source: inspect.Source{DecodedBytes: 10}, Promises: []inspect.Promise{
			{Tables: []inspect.Table{{Bytes: 40}, {Bytes: 50}}}, {Tables: []inspect.Table{{Bytes: 5}}},
		}}, 95},
	} {
		if got := dumpSize(b, c.contents); got != c.want {
			t.Errorf("%d bytes, want %d", got, c.want)
		}
	}
}
