package verify

import (
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

// TestDriftOfADatedFamily lets old tables of a dated family go, and no other.
func TestDriftOfADatedFamily(t *testing.T) {
	for _, c := range []struct {
		name    string
		was, is []string // names of tables with a million rows each
		gone    string   // the table that is reported; empty: none
	}{
		{"days", []string{"public.log_2026_11_01", "public.log_2026_11_02"}, []string{"public.log_2026_11_02", "public.log_2026_11_03"}, ""},
		{"half of them", []string{"public.log_2026_1", "public.log_2026_2", "public.log_2026_9", "public.log_2026_10"}, []string{"public.log_2026_9", "public.log_2026_10"}, ""},
		{"the only one, of yesterday", []string{"public.log_2026_11_01"}, []string{"public.log_2026_11_02"}, ""},
		{"months of partman", []string{"public.e_p202610", "public.e_p202611"}, []string{"public.e_p202611"}, ""},
		{"weeks", []string{"public.e_2026w44", "public.e_2026w45"}, []string{"public.e_2026w45"}, ""},
		{"hours", []string{"public.e2026110100", "public.e2026110101"}, []string{"public.e2026110101"}, ""},
		{"the day first", []string{"public.log_30_11_2026", "public.log_01_12_2026"}, []string{"public.log_01_12_2026"}, ""},
		{"a short year", []string{"public.log_261130", "public.log_261201"}, []string{"public.log_261201"}, ""},
		{"more than half of them", []string{"public.log_2026_1", "public.log_2026_2", "public.log_2026_3"}, []string{"public.log_2026_3"}, "public.log_2026_1"},
		{"the newest", []string{"public.log_2026_11_01", "public.log_2026_11_02"}, []string{"public.log_2026_11_01"}, "public.log_2026_11_02"},
		{"one in the middle", []string{"public.log_2026_1", "public.log_2026_2", "public.log_2026_3"}, []string{"public.log_2026_1", "public.log_2026_3"}, "public.log_2026_2"},
		{"the last one", []string{"public.log_2026_11_01", "public.other"}, []string{"public.other"}, "public.log_2026_11_01"},
		{"of another family", []string{"public.log_2026_11_01", "public.other"}, []string{"public.trace_2026_11_02", "public.other"}, "public.log_2026_11_01"},
		{"of another shard", []string{"public.s1_2026_11_01", "public.other"}, []string{"public.s2_2026_11_02", "public.other"}, "public.s1_2026_11_01"},
		{"in another schema", []string{"a.log_2026_11_01", "public.other"}, []string{"b.log_2026_11_02", "public.other"}, "a.log_2026_11_01"},
		{"years", []string{"public.sales_2024", "public.sales_2025"}, []string{"public.sales_2025"}, "public.sales_2024"},
		{"numbers that are not a date", []string{"public.tenant_17", "public.other"}, []string{"public.tenant_18", "public.other"}, "public.tenant_17"},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := func(names []string) (tables []outcome.Table) {
				for _, name := range names {
					tables = append(tables, sized(name, 1_000_000, 100*mib))
				}
				return tables
			}
			got := compareTables(content(c.was), content(c.is))
			if c.gone == "" {
				want(t, "problems", problemTexts(got.problems), []string{})
				want(t, "findings", findings(got.findings), []string{"schema_changed"})
			} else if len(got.problems) == 0 || got.problems[0].object != c.gone {
				t.Errorf("problems %q, want that %s is gone", problemTexts(got.problems), c.gone)
			}
		})
	}
}

func compareTables(was, is []outcome.Table) *comparison {
	return compare(drift20, often(outcome.Result{RunID: "then", Tables: was}), content{tables: is})
}
