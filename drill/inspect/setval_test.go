package inspect_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/inspect"
)

func TestSequencesOfTheDump(t *testing.T) {
	dump := `-- PostgreSQL database dump
SELECT pg_catalog.setval('public.a_id_seq', 42, true);
SELECT pg_catalog.setval('public."A ""b.c"" d''s"', -7, false);
SET search_path = shop, pg_catalog;
SELECT pg_catalog.setval('old_seq', 1, false);
SELECT setval('Folded."Kept"', 9);
SELECT pg_catalog.setval(E'public."a\\b"', 3, true);
SELECT pg_catalog.setval('', 1, true);
SELECT pg_catalog.setval('"open', 1, true);
SELECT pg_catalog.setval('public.x', 99999999999999999999, true);
SELECT pg_catalog.setval();
-- PostgreSQL database dump complete
`
	c, err := scan(t, []byte(dump))
	if err != nil {
		t.Fatal(err)
	}
	want := []inspect.Sequence{
		{Schema: "public", Name: "a_id_seq", Last: 42, Called: true},
		{Schema: "public", Name: `A "b.c" d's`, Last: -7},
		{Schema: "shop", Name: "old_seq", Last: 1},
		{Schema: "folded", Name: "Kept", Last: 9, Called: true},
		{Schema: "public", Name: `a\b`, Last: 3, Called: true},
	}
	if diff := cmp.Diff(want, promised(t, c).Sequences); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
