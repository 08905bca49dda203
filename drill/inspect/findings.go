package inspect

import (
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// findings returns what an operator should know about a backup that is whole.
func findings(c Contents, p Policy) []outcome.Finding {
	var found []outcome.Finding
	for _, find := range []func(Contents, Policy) *outcome.Finding{
		findThirdParty, findUnknownZone, findNewerDump, findTablesWithoutData, findSubscriptions, findForeignServers, findEventTriggers, findCronJobs,
	} {
		if f := find(c, p); f != nil {
			found = append(found, *f)
		}
	}
	return found
}

func finding(code, hint, format string, args ...any) *outcome.Finding {
	return &outcome.Finding{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

func findThirdParty(c Contents, _ Policy) *outcome.Finding {
	if c.Source.DumpVersion != "" || c.Source.ArchiveVersion != "" {
		return nil
	}
	return finding("third_party_dump", "dump with pg_dump and keep its comments, whose last line proves that a dump is whole",
		"the dump does not say that pg_dump made it, so nothing in it proves that it is whole")
}

// findUnknownZone reports that the age of the backup is an estimate.
func findUnknownZone(c Contents, p Policy) *outcome.Finding {
	if !p.Taken.Guessed {
		return nil
	}
	states := "the dump states a time without its zone"
	if zone := c.Source.TakenAt.Zone; zone != "" {
		states = fmt.Sprintf("the dump states a time in %s, and that is not one zone", clean(zone))
	}
	between := p.Taken.Between()
	earliest, latest := between[0].Format(time.RFC3339), between[1].Format(time.RFC3339)
	best := latest + " fits the object's own time"
	if !p.Taken.Exact() {
		best = fmt.Sprintf("it was taken between %s and %s, and its age is that of the latter", earliest, latest)
	}
	return finding("timezone_unknown", "set backup.timezone to the zone of the machine that dumps, such as America/New_York", "%s; %s", states, best)
}

func findNewerDump(c Contents, p Policy) *outcome.Finding {
	version := c.Source.DumpVersion
	if p.Major == 0 || majorOf(version) <= p.Major {
		return nil
	}
	return finding("pg_dump_newer", "dump with the pg_dump of production's major",
		"the dump was made by pg_dump %s, newer than production's major %d, which may not know all of it", clean(version), p.Major)
}

// findTablesWithoutData lists the tables without a block of data, where other
// tables have one. In a dump made of INSERTs, an empty table looks like a table
// that was left out.
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

// fewNames is how many names a message lists.
const maxListed = 5

func findSubscriptions(c Contents, _ Policy) *outcome.Finding {
	return findKind(c, KindSubscription, "subscription", "drop or disable them first in a real recovery outside a sandbox",
		"the dump creates subscriptions with their connection strings (%s); they reach nothing in the sandbox, which has no network")
}

func findForeignServers(c Contents, _ Policy) *outcome.Finding {
	return findKind(c, KindServer, "foreign_server", "expect queries on their foreign tables to fail in the drill",
		"the dump creates foreign servers (%s); they reach nothing in the sandbox, which has no network")
}

func findEventTriggers(c Contents, _ Policy) *outcome.Finding {
	return findKind(c, KindEventTrigger, "event_trigger", "make sure that they may run in a recovery",
		"the dump creates event triggers (%s), which are restored enabled; what they do stays in the sandbox")
}

// findKind lists the objects of a kind by name. format takes the list.
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
			return finding("cron_jobs", "disable them first in a real recovery beside a running production",
				"the dump contains jobs of pg_cron, which may run; they reach nothing in the sandbox, which has no network")
		}
	}
	return nil
}
