package lifecycle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/lifecycle"
)

func days(n int) *lifecycle.When { return &lifecycle.When{Days: n} }

// hidden deletes versions that were hidden for n days.
func hidden(n int) *lifecycle.Noncurrent { return &lifecycle.Noncurrent{Days: n} }

// aged deletes hidden versions that were written n days ago.
func aged(n int) *lifecycle.Noncurrent { return &lifecycle.Noncurrent{Age: n} }

// before deletes versions that were hidden before a time.
func before(text string) *lifecycle.Noncurrent { return &lifecycle.Noncurrent{Before: at(text)} }

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return t
}

// TestPlay plays rules over an object of 1 MB, prod/shop.dump, written on 1 January at 10:30.
func TestPlay(t *testing.T) {
	cold := func(n int) []lifecycle.Archive {
		return []lifecycle.Archive{{When: lifecycle.When{Days: n}, Class: "GLACIER"}}
	}
	for name, c := range map[string]struct {
		rules     []lifecycle.Rule
		versioned bool
		written   string
		want      string
	}{
		// The example of https://repost.aws/knowledge-center/s3-lifecycle-rule-delay
		"rounded to the next midnight": {[]lifecycle.Rule{{ID: "a", Expire: days(3)}}, false, "2020-01-01 10:30", "delete 2020-01-05"},
		"written at midnight":          {[]lifecycle.Rule{{ID: "a", Expire: days(3)}}, false, "2020-01-01 00:00", "delete 2020-01-04"},
		"archived on its day":          {[]lifecycle.Rule{{ID: "a", Archives: cold(0)}}, false, "2020-01-01 10:30", "archive 2020-01-02"},
		"archived, then deleted":       {[]lifecycle.Rule{{ID: "a", Archives: cold(30), Expire: days(365)}}, false, "2020-01-01 10:30", "archive 2020-02-01, delete 2021-01-01"},
		"the shorter of two rules":     {[]lifecycle.Rule{{ID: "a", Expire: days(365)}, {ID: "b", Expire: days(7)}}, false, "2020-01-01 10:30", "delete 2020-01-09, delete 2021-01-01"},
		"both on one day":              {[]lifecycle.Rule{{ID: "a", Archives: cold(7)}, {ID: "b", Expire: days(7)}}, false, "2020-01-01 10:30", "delete 2020-01-09, archive 2020-01-09"},
		"both on one day, versioned":   {[]lifecycle.Rule{{ID: "a", Archives: cold(7)}, {ID: "b", Expire: days(7)}}, true, "2020-01-01 10:30", "archive 2020-01-09, hide 2020-01-09 forever"},
		"another prefix":               {[]lifecycle.Rule{{ID: "a", Prefixes: []string{"logs/"}, Expire: days(3)}}, false, "2020-01-01 10:30", ""},
		"its prefix":                   {[]lifecycle.Rule{{ID: "a", Prefixes: []string{"logs/", "pro"}, Expire: days(3)}}, false, "2020-01-01 10:30", "delete 2020-01-05"},
		"its suffix":                   {[]lifecycle.Rule{{ID: "a", Suffixes: []string{".dump"}, Expire: days(3)}}, false, "2020-01-01 10:30", "delete 2020-01-05"},
		"another suffix":               {[]lifecycle.Rule{{ID: "a", Suffixes: []string{".log"}, Expire: days(3)}}, false, "2020-01-01 10:30", ""},
		"larger ones":                  {[]lifecycle.Rule{{ID: "a", Larger: 1_000_000, Expire: days(3)}}, false, "2020-01-01 10:30", ""},
		"smaller ones":                 {[]lifecycle.Rule{{ID: "a", Smaller: 1_000_000, Expire: days(3)}}, false, "2020-01-01 10:30", ""},
		"between":                      {[]lifecycle.Rule{{ID: "a", Larger: 999_999, Smaller: 1_000_001, Expire: days(3)}}, false, "2020-01-01 10:30", "delete 2020-01-05"},
		"too small to be moved":        {[]lifecycle.Rule{{ID: "a", Archives: []lifecycle.Archive{{Class: "GLACIER", Least: 1_000_001}}}}, false, "2020-01-01 10:30", ""},
		"on a day":                     {[]lifecycle.Rule{{ID: "a", Expire: &lifecycle.When{Date: at("2020-03-01 00:00")}}}, false, "2020-01-01 10:30", "delete 2020-03-01 any"},
		"on a day of the past":         {[]lifecycle.Rule{{ID: "a", Expire: &lifecycle.When{Date: at("2019-03-01 00:00")}}}, false, "2020-01-01 10:30", "delete 2020-01-02 any"},
		"tags":                         {[]lifecycle.Rule{{ID: "a", Unclear: "tags", Expire: days(3)}}, false, "2020-01-01 10:30", "delete 2020-01-05 perhaps"},
		"hidden, then deleted":         {[]lifecycle.Rule{{ID: "a", Expire: days(3)}, {ID: "b", Noncurrent: hidden(10)}}, true, "2020-01-01 10:30", "hide 2020-01-05 until 2020-01-15"},
		"versions of another prefix":   {[]lifecycle.Rule{{ID: "a", Expire: days(3)}, {ID: "b", Noncurrent: hidden(10), Prefixes: []string{"x"}}}, true, "2020-01-01 10:30", "hide 2020-01-05 forever"},
		"versions are none":            {[]lifecycle.Rule{{ID: "b", Noncurrent: hidden(10)}}, true, "2020-01-01 10:30", ""},
		"hidden, perhaps deleted":      {[]lifecycle.Rule{{ID: "a", Expire: days(3)}, {ID: "b", Noncurrent: hidden(10), Unclear: "tags"}}, true, "2020-01-01 10:30", "hide 2020-01-05 perhaps deleted"},
		"hidden, or deleted earlier":   {[]lifecycle.Rule{{ID: "a", Expire: days(3)}, {ID: "b", Noncurrent: &lifecycle.Noncurrent{Unclear: "newer versions"}}, {ID: "c", Noncurrent: hidden(10)}}, true, "2020-01-01 10:30", "hide 2020-01-05 until 2020-01-15"},
		"hidden and deleted at once":   {[]lifecycle.Rule{{ID: "a", Expire: days(3)}, {ID: "b", Noncurrent: hidden(0)}}, true, "2020-01-01 10:30", "delete 2020-01-05"},
		"by age, hidden or not":        {[]lifecycle.Rule{{ID: "a", Expire: days(30), Noncurrent: aged(30)}}, true, "2020-01-01 10:30", "delete 2020-02-01"},
		"by age, in two rules":         {[]lifecycle.Rule{{ID: "a", Expire: days(30)}, {ID: "b", Noncurrent: aged(30)}}, true, "2020-01-01 10:30", "delete 2020-02-01"},
		"hidden, deleted by age":       {[]lifecycle.Rule{{ID: "a", Expire: days(30)}, {ID: "b", Noncurrent: aged(60)}}, true, "2020-01-01 10:30", "hide 2020-02-01 until 2020-03-02"},
		"both conditions":              {[]lifecycle.Rule{{ID: "a", Expire: days(30)}, {ID: "b", Noncurrent: &lifecycle.Noncurrent{Days: 40, Age: 60}}}, true, "2020-01-01 10:30", "hide 2020-02-01 until 2020-03-12"},
		"the same unclear rule":        {[]lifecycle.Rule{{ID: "a", Unclear: "tags", Expire: days(3), Noncurrent: aged(3)}}, true, "2020-01-01 10:30", "delete 2020-01-05 perhaps"},
		"hidden before a day":          {[]lifecycle.Rule{{ID: "a", Expire: days(3)}, {ID: "b", Noncurrent: before("2020-02-01 00:00")}}, true, "2020-01-01 10:30", "delete 2020-01-05"},
		"hidden after it":              {[]lifecycle.Rule{{ID: "a", Expire: days(3)}, {ID: "b", Noncurrent: before("2020-01-05 00:00")}}, true, "2020-01-01 10:30", "hide 2020-01-05 forever"},
		"written before a day":         {[]lifecycle.Rule{{ID: "a", Before: at("2099-01-01 00:00"), Expire: days(0)}}, false, "2020-01-01 10:30", "delete 2020-01-02"},
		"written after it":             {[]lifecycle.Rule{{ID: "a", Before: at("2020-01-01 00:00"), Expire: days(0)}}, false, "2020-01-01 10:30", ""},
		"a leap day":                   {[]lifecycle.Rule{{ID: "a", Expire: days(365)}}, false, "2020-02-29 10:30", "delete 2021-03-01"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, e := range lifecycle.Play(c.rules, c.versioned, lifecycle.Object{Key: "prod/shop.dump", Size: 1_000_000, ModifiedAt: at(c.written)}) {
				text := fmt.Sprint(e.Action, " ", e.On.Format(time.DateOnly))
				switch {
				case e.Action == lifecycle.Hide && e.Gone.IsZero() && e.Maybe != "":
					text += " perhaps deleted"
				case e.Action == lifecycle.Hide && e.Gone.IsZero():
					text += " forever"
				case e.Action == lifecycle.Hide:
					text += " until " + e.Gone.Format(time.DateOnly)
				case e.Any:
					text += " any"
				case e.Unclear != "":
					text += " perhaps"
				}
				if e.On.Sub(at(c.written)) != e.Age || !e.On.Equal(e.On.Truncate(24*time.Hour)) {
					t.Errorf("%+v", e)
				}
				got = append(got, text)
			}
			if all := strings.Join(got, ", "); all != c.want {
				t.Errorf("got %q, want %q", all, c.want)
			}
		})
	}
}
