package inspect_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
)

const timesDump = `--
-- PostgreSQL database dump
--

CREATE TABLE public.events (
    id integer NOT NULL,
    note text,
    "At" timestamp(3) with time zone DEFAULT now() NOT NULL,
    day date,
    local timestamp without time zone,
    created_at text,
    many timestamp without time zone[],
    CONSTRAINT c CHECK ((day > '2000-01-01'::date))
);

COPY public.events (note, id, "At", day, local, created_at, many) FROM stdin;
canary	1	2026-11-27 10:00:00.123+00	2026-11-01	2026-11-02 03:04:05	2026-11-28 00:00:00	{}
canary	2	2026-11-28 10:00:00.5+05:30	2026-11-03	\N	2026-11-28 00:00:00	{}
canary	3	2099-01-01 00:00:00+00	infinity	\N	x	{}
canary	4	\N	2026-01-01 BC	-infinity	x	{}
canary	5
\.

--
-- PostgreSQL database dump complete
--

`

func TestWatchNewest(t *testing.T) {
	long := strings.Replace(timesDump, "canary\t4", strings.Repeat("long", 1<<17)+"\t4", 1)
	for name, dump := range map[string]string{"short rows": timesDump, "a row of half a megabyte": long} {
		t.Run(name, func(t *testing.T) {
			set := inspect.NewSet(&layers.Opener{})
			set.WatchNewest(time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC))
			c, err := set.Scan(t.Context(), strings.NewReader(dump))
			if err != nil {
				t.Fatal(err)
			}
			want := []inspect.Newest{
				{Column: "At", At: time.Date(2026, 11, 28, 4, 30, 0, 500_000_000, time.UTC)},
				{Column: "day", At: time.Date(2026, 11, 4, 0, 0, 0, 0, time.UTC)},
				{Column: "local", At: time.Date(2026, 11, 2, 3, 4, 5, 0, time.UTC)},
			}
			same := cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })
			if diff := cmp.Diff(want, c.Promises[0].Tables[0].Newest, same); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWatchNewestIsAskedFor: a drill keeps no value of a row.
func TestWatchNewestIsAskedFor(t *testing.T) {
	c, err := inspect.Scan(t.Context(), strings.NewReader(timesDump), layers.Opener{})
	if err != nil || len(c.Promises[0].Tables[0].Newest) > 0 {
		t.Errorf("%v, %+v", err, c.Promises[0].Tables[0].Newest)
	}
}
