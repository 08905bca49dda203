package verify

import (
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// checkExtensions looks up every extension that the dump promises.
func checkExtensions(db *database, promised []inspect.Object) verdict {
	v := verdict{check: withEvidence(builtinCheck("extensions", "those of the dump"), "pg_extension, compared with the dump's CREATE EXTENSION")}
	var expected, present []string
	for _, e := range promised {
		if e.Kind != inspect.KindExtension {
			continue
		}
		expected = append(expected, e.Name)
		version, ok := db.extensions[e.Name]
		if !ok {
			v.problems = append(v.problems, problem{code: outcome.ContentIncomplete, text: "extension " + e.Name + " is missing"})
			continue
		}
		present = append(present, e.Name+" "+version)
	}
	slices.Sort(expected)
	slices.Sort(present)
	v.check.Expect = orNone(expected)
	v.check.Saw = orNone(present)
	return v.conclude()
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
