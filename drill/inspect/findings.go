package inspect

import (
	"fmt"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// findings are what an operator should know of a whole dump.
func findings(c Contents, p Policy) []outcome.Finding {
	var found []outcome.Finding
	for _, find := range []func(Contents, Policy) *outcome.Finding{
		thirdParty, newerDump, withoutData, subscriptions, foreignServers, eventTriggers, cronJobs,
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

func thirdParty(c Contents, _ Policy) *outcome.Finding {
	if c.DumpVersion != "" || c.ArchiveVersion != "" {
		return nil
	}
	return finding("third_party_dump", "dump with pg_dump and keep its comments, whose last line proves that a dump is whole",
		"the dump does not say that pg_dump made it, so nothing in it proves that it is whole")
}

func newerDump(c Contents, p Policy) *outcome.Finding {
	if p.Major == 0 || majorOf(c.DumpVersion) <= p.Major {
		return nil
	}
	return finding("pg_dump_newer", "dump with the pg_dump of production's major",
		"the dump was made by pg_dump %s, newer than production's major %d, which may not know all of it", clean(c.DumpVersion), p.Major)
}

// withoutData lists tables that have no data block while others do. Of a dump
// made of INSERTs an empty table cannot be told from one that was left out.
func withoutData(c Contents, _ Policy) *outcome.Finding {
	var names []string
	filled := false
	for _, t := range c.Tables {
		switch {
		case !t.Data:
			names = append(names, qname{t.Schema, t.Name}.String())
		case t.Bytes == 0 && t.Rows != 0 && c.Format == Plain:
			return nil
		default:
			filled = true
		}
	}
	if len(names) == 0 || !filled {
		return nil
	}
	return finding("table_without_data", "if this is not intended, dump without --exclude-table-data",
		"%s without data: %s", plural(len(names), "table is dumped", "tables are dumped"), some(names))
}

// some lists the first few names.
func some(names []string) string {
	const few = 5
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

func subscriptions(c Contents, _ Policy) *outcome.Finding {
	return ofKind(c, KindSubscription, "subscription", "drop or disable them first in a real recovery outside a sandbox",
		"the dump brings subscriptions with their connection strings (%s); the sandbox has no network, they reach nobody")
}

func foreignServers(c Contents, _ Policy) *outcome.Finding {
	return ofKind(c, KindServer, "foreign_server", "expect queries on their foreign tables to fail in the drill",
		"the dump brings foreign servers (%s); the sandbox has no network, they reach nobody")
}

func eventTriggers(c Contents, _ Policy) *outcome.Finding {
	return ofKind(c, KindEventTrigger, "event_trigger", "make sure that they may run in a recovery",
		"the dump brings event triggers (%s), which are restored enabled; what they do stays in the sandbox")
}

func ofKind(c Contents, kind Kind, code, hint, format string) *outcome.Finding {
	var names []string
	for _, o := range c.Objects {
		if o.Kind == kind {
			names = append(names, clean(o.Name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return finding(code, hint, format, some(names))
}

func cronJobs(c Contents, _ Policy) *outcome.Finding {
	for _, t := range c.Tables {
		if t.Schema == "cron" && t.Name == "job" && t.Rows != 0 {
			return finding("cron_jobs", "disable them first in a real recovery beside a running production",
				"the dump brings jobs of pg_cron, which may run; the sandbox has no network, they reach nobody")
		}
	}
	return nil
}
