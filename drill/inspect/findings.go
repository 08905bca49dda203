package inspect

import (
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// findings returns what an operator should know about a complete backup.
func findings(c Contents, p Policy) []outcome.Finding {
	var found []outcome.Finding
	for _, find := range []func(Contents, Policy) *outcome.Finding{
		findThirdParty, findTrailing, findReencoded, findUnknownZone, findNewerDump, findHiddenRows, findLostStatements, findNoKeys,
		findTablesWithoutData, findSubscriptions, findForeignServers, findEventTriggers, findCronJobs,
	} {
		if f := find(c, p); f != nil {
			found = append(found, *f)
		}
	}
	found = append(found, c.Source.LayerFindings...)
	for i, s := range c.Earlier {
		for _, f := range findingsOfPart(s, p) {
			f.Message = fmt.Sprintf("part %d: %s", i+1, f.Message)
			found = append(found, f)
		}
	}
	return found
}

// findingsOfPart returns what is to know about a part that is restored before the last one.
func findingsOfPart(s Source, p Policy) (found []outcome.Finding) {
	one := Contents{Source: s}
	for _, find := range []func(Contents, Policy) *outcome.Finding{findTrailing, findReencoded, findNewerDump, findHiddenRows, findLostStatements} {
		if f := find(one, p); f != nil {
			found = append(found, *f)
		}
	}
	return append(found, s.LayerFindings...)
}

func finding(code, hint, format string, args ...any) *outcome.Finding {
	return &outcome.Finding{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

func findThirdParty(c Contents, _ Policy) *outcome.Finding {
	if c.ProvesEnd() {
		return nil
	}
	return finding("third_party_dump", "dump with pg_dump and keep its comments: the last one shows that the dump is complete",
		"its end cannot be proved: the dump does not state that pg_dump created it, and nothing in it shows that it is complete")
}

func findTrailing(c Contents, _ Policy) *outcome.Finding {
	if c.Source.TrailingBytes == 0 {
		return nil
	}
	hint := "find out what appends to the file: other programs may refuse it in a recovery"
	if c.Source.TrailingLayer == "gzip" {
		hint = "find out what appends to the file: gunzip exits with 2, which stops a recovery script that checks it"
	}
	return finding("trailing_garbage", hint, "%s behind the end of the %s stream, which itself is complete",
		words.Count(c.Source.TrailingBytes, "byte"), c.Source.TrailingLayer)
}

func findReencoded(c Contents, _ Policy) *outcome.Finding {
	if !c.Source.Reencoded {
		return nil
	}
	return finding("text_reencoded", "write the dump with pg_dump --file instead of | or > in PowerShell, and compare the rows that have letters outside ASCII",
		"the dump begins with a byte order mark and has the line ends of Windows: PowerShell wrote it, and may have replaced letters outside ASCII")
}

// findUnknownZone reports that the age of the backup is an estimate.
func findUnknownZone(c Contents, p Policy) *outcome.Finding {
	if !p.Taken.Guessed {
		return nil
	}
	states := "the dump states a time without its zone"
	if zone := c.Source.TakenAt.Zone; zone != "" {
		states = fmt.Sprintf("the dump states a time in %s, which several zones share", clean(zone))
	}
	between := p.Taken.Between()
	earliest, latest := between[0].Format(time.RFC3339), between[1].Format(time.RFC3339)
	best := latest + " fits the time of the object"
	if !p.Taken.Exact() {
		best = fmt.Sprintf("it was taken between %s and %s; its age is calculated from the latter", earliest, latest)
	}
	return finding("timezone_unknown", "set backup.timezone to the zone of the machine that runs pg_dump, such as America/New_York", "%s; %s", states, best)
}

func findNewerDump(c Contents, p Policy) *outcome.Finding {
	version := c.Source.DumpVersion
	if p.Major == 0 || majorOf(version) <= p.Major {
		return nil
	}
	return finding("pg_dump_newer", "dump with the pg_dump of production's major version",
		"the dump was created by pg_dump %s; production's major %d is older and may not support everything in it", clean(version), p.Major)
}

func findHiddenRows(c Contents, _ Policy) *outcome.Finding {
	if !c.Source.RowSecurity {
		return nil
	}
	return finding("partial_rows", "dump without --enable-row-security, as a role that row security does not restrict",
		"the dump was taken with row security on: it contains only the rows that its role may see")
}

// findLostStatements reports statements that a comment announces and that are missing,
// of the kinds that people remove from dumps.
func findLostStatements(c Contents, _ Policy) *outcome.Finding {
	if c.Source.LostStatements == 0 {
		return nil
	}
	return finding("statement_missing", "if nothing removes them from the dump on purpose, drill an older backup and check the storage",
		"%s that pg_dump's comments announce, such as %s", words.CountOf(c.Source.LostStatements, "statement is missing", "statements are missing"), clean(c.Source.LostExample))
}

// findNoKeys reports a dump of several tables with rows that has no key, index, constraint
// or trigger. pg_dump writes them last, and leaves them out with --section.
func findNoKeys(c Contents, _ Policy) *outcome.Finding {
	const several = 3
	filled := 0
	for t := range c.tables() {
		if t.Data {
			filled++
		}
	}
	if filled < several || !c.ProvesEnd() {
		return nil
	}
	for o := range c.objects() {
		switch o.Kind {
		case KindIndex, KindConstraint, KindForeignKey, KindTrigger:
			return nil
		}
	}
	return finding("no_keys", "dump without --section, or with all sections",
		"the dump fills %s, and has no primary key, index, foreign key or trigger for any of them", words.Count(filled, "table"))
}

// findTablesWithoutData lists the tables without a block of data if other tables
// have one. It returns nothing for a dump with INSERTs, where an empty table looks
// like an omitted one.
func findTablesWithoutData(c Contents, _ Policy) *outcome.Finding {
	var names []string
	filled := false
	for t := range c.tables() {
		switch {
		case !t.Data:
			names = append(names, plainName(sqltext.Name{Schema: t.Schema, Name: t.Name}))
		case t.Bytes == 0 && t.Rows != 0 && c.Source.Format == Plain:
			return nil
		default:
			filled = true
		}
	}
	if len(names) == 0 || !filled {
		return nil
	}
	return finding("table_without_data", "if this is not intended, dump without --exclude-table-data",
		"%s without data: %s", words.CountOf(len(names), "table is dumped", "tables are dumped"), words.List(names, maxListed))
}

// maxListed is how many names a message lists.
const maxListed = 5

func findSubscriptions(c Contents, _ Policy) *outcome.Finding {
	return findKind(c, KindSubscription, "subscription", "drop or disable them first in a real recovery",
		"the dump creates subscriptions with their connection strings (%s); they cannot connect from the sandbox, which has no network")
}

func findForeignServers(c Contents, _ Policy) *outcome.Finding {
	return findKind(c, KindServer, "foreign_server", "expect queries on their foreign tables to fail in the drill",
		"the dump creates foreign servers (%s); they cannot be reached from the sandbox, which has no network")
}

func findEventTriggers(c Contents, _ Policy) *outcome.Finding {
	return findKind(c, KindEventTrigger, "event_trigger", "check that they may run in a recovery",
		"the dump creates event triggers (%s), which are restored enabled; their effects stay in the sandbox")
}

// findKind returns a finding with the names of the objects of a kind, which format
// takes. It returns nil if there are none.
func findKind(c Contents, kind Kind, code, hint, format string) *outcome.Finding {
	var names []string
	for o := range c.objects() {
		if o.Kind == kind {
			names = append(names, clean(o.Name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return finding(code, hint, format, words.List(names, maxListed))
}

func findCronJobs(c Contents, _ Policy) *outcome.Finding {
	for t := range c.tables() {
		if t.Schema == "cron" && t.Name == "job" && t.Rows != 0 {
			return finding("cron_jobs", "disable them first in a real recovery while production is still running",
				"the dump contains jobs of pg_cron, which may run; they can reach nothing from the sandbox, which has no network")
		}
	}
	return nil
}
