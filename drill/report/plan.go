package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/target"
	"github.com/drillgres/drillgres/drill/words"
)

// mostRoles is how many roles a plan lists.
const mostRoles = 12

// Plan writes what a restore into a real server will do.
func Plan(w io.Writer, r drill.Recovery, plan target.Plan, o Options) error {
	p := newPrinter(o)
	p.line(p.bold("This restore writes to a real server."))
	p.factTable(planFacts(r, plan))
	p.findings(r.Findings)
	return p.writeTo(w)
}

func planFacts(r drill.Recovery, plan target.Plan) (facts []fact) {
	add := func(label, text string) {
		if text != "" {
			facts = append(facts, fact{label, text})
		}
	}
	source := r.File.Contents.Source
	add("backup", r.Backup.URI)
	taken := ""
	if r.Taken.Known() {
		taken = "taken " + words.Moment(r.Taken.Best())
	}
	add("", words.Join(", ", words.Size(r.File.TotalSize()), chain(string(source.Format), source.Layers), taken))
	add("into", plan.Target.String())
	superuser := ""
	if plan.Superuser {
		superuser = "as a superuser"
	}
	add("", words.Join(", ", "Postgres "+plan.Version, plan.Server, superuser, "empty"))
	add("first", hooksText("restore.before", plan.Before))
	for _, step := range plan.Steps {
		add("load", loadText(step))
	}
	add("programs", plan.Programs)
	add("roles", rolesText(plan))
	add("owner", plan.Owner)
	if plan.Settings > 0 {
		add("settings", words.CountOf(plan.Settings, "setting or privilege", "settings and privileges")+" of the database itself (ALTER DATABASE … SET, GRANT)")
	}
	add("then", words.Join(", ", "ANALYZE", "the comparison with what the backup promises", hooksText("restore.after", plan.After), "and the comparison with the last verified drill"))
	for _, note := range plan.Notes {
		add("note", note)
	}
	return facts
}

// hooksText names a list of SQL of the config with its length, or returns an empty string if it is empty.
func hooksText(name string, items int) string {
	if items == 0 {
		return ""
	}
	return name + " (" + words.Count(items, "item") + ")"
}

// loadText says how a part of a backup is loaded.
func loadText(s restore.Step) string {
	how := s.Tool
	if how == "" {
		how = "drillgres itself"
	}
	if s.Jobs > 1 {
		how += fmt.Sprintf(", %d sessions", s.Jobs)
	}
	why := ""
	if s.Why != "" {
		why = " (" + s.Why + ")"
	}
	return cmp.Or(s.Role, "dump") + ": " + how + why
}

func rolesText(plan target.Plan) string {
	var parts []string
	for _, list := range []struct {
		what  string
		names []string
	}{
		{"created as in the backup: ", plan.Roles},
		{"created without login, because the backup has no such role: ", plan.NewRoles},
		{"left as they are: ", plan.KeptRoles},
	} {
		if len(list.names) > 0 {
			parts = append(parts, list.what+words.List(words.Quoted(list.names), mostRoles))
		}
	}
	if len(parts) == 0 {
		return "none is created"
	}
	return strings.Join(parts, "; ")
}
