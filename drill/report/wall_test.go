package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

func wallOfThree() fleet.Fleet {
	pace, age := record.PaceOf(passed()), (3 * time.Hour).Seconds()
	ok, failed, unproved := record.EntryOf(passed()), record.EntryOf(truncated()), record.EntryOf(engineless())
	return fleet.Fleet{
		At: noon, Days: 90,
		Databases: []fleet.Database{
			{Name: "crm", State: fleet.Failed, AgeSeconds: &age, Targets: fleet.Targets{Age: 2 * time.Hour}, Recent: []record.Entry{failed, ok}, Next: noon.Add(-90 * time.Minute)},
			{Name: "wiki", State: fleet.Never, Recent: []record.Entry{unproved}, Ahead: 1},
			{
				Name: "shop", State: fleet.Proved, AgeSeconds: &age, Targets: fleet.Targets{Age: 26 * time.Hour, Restore: time.Minute, Total: 45 * time.Minute},
				Recovery: &pace, Recent: []record.Entry{ok, unproved, ok, ok}, Next: noon.Add(15 * time.Hour),
			},
		},
		Former: []fleet.Database{{Name: "old", State: fleet.Proved, AgeSeconds: &age, Recovery: &record.Pace{Verdict: outcome.VerdictPassed, Restore: 8, Profile: "fast"}}},
	}
}

func TestWall(t *testing.T) {
	var out bytes.Buffer
	if err := Wall(&out, wallOfThree(), Options{}); err != nil {
		t.Fatal(err)
	}
	out.WriteString("----\n")
	if err := Wall(&out, fleet.Fleet{At: noon}, Options{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "wall.txt", out.Bytes())
	out.Reset()
	if err := WallMarkdown(&out, wallOfThree()); err != nil {
		t.Fatal(err)
	}
	golden(t, "wall.md", out.Bytes())
}

func TestHostileNamesInTheWall(t *testing.T) {
	f := wallOfThree()
	f.Databases[0].Name, f.Databases[0].Ahead = hostile, 1
	var text, markdown bytes.Buffer
	if err := Wall(&text, f, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := WallMarkdown(&markdown, f); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(text.String()+markdown.String(), "\x1b\x00\r\u202E") || strings.Contains(markdown.String(), "<img") {
		t.Errorf("%s\n%s", text.String(), markdown.String())
	}
}
