package inspect_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/inspect"
)

func TestPromiseFor(t *testing.T) {
	shop, wiki := inspect.Promise{DatabaseName: "shop", LargeObjects: 1}, inspect.Promise{DatabaseName: "wiki", LargeObjects: 2}
	for name, c := range map[string]struct {
		promises []inspect.Promise
		want     inspect.Promise
	}{
		"the only one, under another name":     {[]inspect.Promise{wiki}, wiki},
		"the only one, of an unnamed database": {[]inspect.Promise{{LargeObjects: 3}}, inspect.Promise{LargeObjects: 3}},
		"one of several":                       {[]inspect.Promise{wiki, shop}, shop},
		"none of several":                      {[]inspect.Promise{wiki, wiki}, inspect.Promise{}},
		"no promises":                          {nil, inspect.Promise{}},
	} {
		if diff := cmp.Diff(c.want, inspect.Contents{Promises: c.promises}.PromiseFor("shop")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestPromiseIsEmpty(t *testing.T) {
	if !(inspect.Promise{DatabaseName: "shop"}).IsEmpty() {
		t.Error("a name alone promises something")
	}
	for what, p := range map[string]inspect.Promise{
		"an object":      {Objects: make([]inspect.Object, 1)},
		"a table":        {Tables: make([]inspect.Table, 1)},
		"a sequence":     {Sequences: make([]inspect.Sequence, 1)},
		"a large object": {LargeObjects: 1},
	} {
		if p.IsEmpty() {
			t.Errorf("%s promises nothing", what)
		}
	}
}

// Readers of the JSON need not handle null lists.
func TestJSONHasNoNullLists(t *testing.T) {
	got, err := json.Marshal(inspect.Contents{})
	if err != nil || strings.Contains(string(got), "null") || !strings.Contains(string(got), `"tables":[]`) {
		t.Errorf("%s, %v", got, err)
	}
}

func TestJSONOfTwoDatabases(t *testing.T) {
	one := inspect.Promise{
		Objects: make([]inspect.Object, 1), Tables: make([]inspect.Table, 2), Sequences: make([]inspect.Sequence, 3), LargeObjects: 4,
	}
	text, err := json.Marshal(inspect.Contents{Promises: []inspect.Promise{one, one}})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Objects, Tables, Sequences []any
		LargeObjects               int `json:"large_objects"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Objects) != 2 || len(got.Tables) != 4 || len(got.Sequences) != 6 || got.LargeObjects != 8 {
		t.Errorf("got %s", text)
	}
}

func TestNeedsAgreeWithSourceAndPromise(t *testing.T) {
	c, err := scan(t, load(t, "custom-15.dump"))
	if err != nil {
		t.Fatal(err)
	}
	owned := 0
	for _, n := range c.Needs.ObjectsByOwner {
		owned += n
	}
	if p := promised(t, c); owned != len(p.Objects) || c.Needs.ObjectsByOwner[""] == owned || p.DatabaseName != c.Needs.Database.Name || p.DatabaseName == "" {
		t.Errorf("owners %v of %d objects, database %q", c.Needs.ObjectsByOwner, len(p.Objects), p.DatabaseName)
	}
	if c.Needs.ProductionVersion == "" || c.Needs.ProductionVersion != c.Source.ServerVersion {
		t.Errorf("version %q, of the server %q", c.Needs.ProductionVersion, c.Source.ServerVersion)
	}
}
