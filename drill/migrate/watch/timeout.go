package watch

import (
	"context"
	"maps"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// sessionSettings holds the lock_timeout of a session, and the value that a
// rollback restores.
type sessionSettings struct {
	timeout     lockTimeout  // of the session
	local       *lockTimeout // of its transaction; nil: that of the session
	beforeBlock lockTimeout
}

// lockTimeout reports whether the wait of a session for a lock is limited.
type lockTimeout bool

const (
	unlimited lockTimeout = false
	limited   lockTimeout = true // also if unknown, as with the value of a parameter
)

// noLimit matches the values of lock_timeout that disable it.
var noLimit = regexp.MustCompile(`^\s*0+\s*(?:us|ms|s|min|h|d)?\s*$`)

func timeoutOf(value string) lockTimeout { return lockTimeout(!noLimit.MatchString(value)) }

// effective returns the current lock_timeout of the session.
func (s *sessionSettings) effective() lockTimeout {
	if s.local != nil {
		return *s.local
	}
	return s.timeout
}

// defaults holds the lock_timeout of sessions that set none, by role. A value
// that a client sets with its connection is not visible.
type defaults struct {
	database string // that is watched
	all      lockTimeout
	roles    map[string]lockTimeout
}

// clone returns a copy that follows the statements of a migration.
func (d defaults) clone(database string) *defaults {
	copied := defaults{database, d.all, maps.Clone(d.roles)}
	if copied.roles == nil {
		copied.roles = map[string]lockTimeout{}
	}
	return &copied
}

func (d defaults) forRole(role string) lockTimeout {
	if t, ok := d.roles[role]; ok {
		return t
	}
	return d.all
}

// readDefaults reads the defaults of new sessions. The setting of the role in the
// database takes precedence, then that of the role, then that of the database,
// then the server's, which is the argument.
func readDefaults(ctx context.Context, conn *pgx.Conn, server string) (defaults, error) {
	d := defaults{all: timeoutOf(server), roles: map[string]lockTimeout{}}
	var setting, role string
	const sql = `
select coalesce(r.rolname, '')::text, substr(c, strpos(c, '=') + 1)
from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) c
where c like 'lock_timeout=%' and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
order by s.setrole <> 0, s.setdatabase <> 0`
	err := forEachRow(ctx, conn, sql, []any{&role, &setting}, func() error {
		if role == "" {
			d.all = timeoutOf(setting)
		} else {
			d.roles[role] = timeoutOf(setting)
		}
		return nil
	})
	return d, err
}

// followSettings applies what a statement sets for its session.
func (c *client) followSettings(tokens []sqltext.Token, d *defaults) {
	p := sqltext.Phrase{Tokens: tokens}
	switch {
	case p.Has("set"):
		local := p.Has("local")
		p.Drop("session")
		c.setSetting(p.Take().Text, p, local, d)
	case p.Has("reset all"), p.Has("discard all"):
		c.settings.timeout, c.settings.local = d.forRole(c.user), nil
		c.schemas = nil
	case p.Has("reset"):
		c.setSetting(p.Take().Text, sqltext.Phrase{Tokens: []sqltext.Token{{Kind: sqltext.Word, Text: "default"}}}, false, d)
	case p.UntilAnywhere("set_config"):
		c.setConfig(p.Group(), d)
	case p.Has("alter role"), p.Has("alter user"):
		d.alterRole(&p, c)
	case p.Has("alter database"):
		if p.Name("").Name == d.database {
			d.alter(&p, c, "")
		}
	}
}

// alterRole applies ALTER ROLE … [IN DATABASE …] SET lock_timeout and RESET to new
// sessions.
func (d *defaults) alterRole(p *sqltext.Phrase, c *client) {
	role := c.user
	switch {
	case p.Has("all"):
		role = ""
	case p.Has("current_user"), p.Has("current_role"), p.Has("session_user"):
	default:
		role = p.Name("").Name
	}
	if p.Has("in database") && p.Name("").Name != d.database {
		return
	}
	d.alter(p, c, role)
}

// alter applies SET lock_timeout or RESET to a role; empty: all roles.
func (d *defaults) alter(p *sqltext.Phrase, c *client, role string) {
	var t lockTimeout
	switch {
	case p.Has("set lock_timeout from current"):
		t = c.settings.effective()
	case p.Has("set lock_timeout"):
		p.Drop("to", "=")
		if p.Begins("default") {
			delete(d.roles, role)
			return
		}
		t = timeoutOf(p.Take().Text)
	case p.Has("reset lock_timeout"), p.Has("reset all"):
		delete(d.roles, role)
		return
	default:
		return
	}
	if role == "" {
		d.all = t
	} else {
		d.roles[role] = t
	}
}

// setConfig applies set_config(name, value, is_local).
func (c *client) setConfig(arguments sqltext.Phrase, d *defaults) {
	args := arguments.Split()
	if len(args) != 3 || args[0].Peek().Kind != sqltext.String {
		c.settings.timeout = limited // unknown: the values of parameters are not logged
		return
	}
	setting := strings.ToLower(args[0].Take().Text)
	if t := args[1].Peek(); setting == "search_path" && t.Kind == sqltext.String { // all names are in one string
		var path []string
		for name := range strings.SplitSeq(t.Text, ",") {
			path = append(path, sqltext.Unquote(strings.TrimSpace(name)))
		}
		c.setPath(path)
		return
	}
	c.setSetting(setting, args[1], args[2].Begins("true"), d)
}

// setSetting applies SET name = value.
func (c *client) setSetting(setting string, p sqltext.Phrase, local bool, d *defaults) {
	p.Drop("to", "=")
	isDefault := p.Begins("default")
	switch setting {
	case "lock_timeout":
		t := d.forRole(c.user)
		if !isDefault {
			var value strings.Builder
			for !p.Done() {
				value.WriteString(p.Take().Text)
			}
			t = timeoutOf(value.String())
		}
		if local {
			c.settings.local = &t
			return
		}
		c.settings.timeout, c.settings.local = t, nil
	case "search_path":
		if isDefault {
			c.schemas = nil
			return
		}
		var path []string
		for _, one := range p.Split() {
			path = append(path, one.Take().Text)
		}
		c.setPath(path)
	}
}

// control is the effect of a statement on its transaction.
type control int

const (
	noControl control = iota
	begins
	commits
	rollsBack
	prepares
	savepoint // SAVEPOINT, RELEASE, ROLLBACK TO
)

func controlOf(tokens []sqltext.Token) control {
	p := sqltext.Phrase{Tokens: tokens}
	switch {
	case p.Has("begin"), p.Has("start transaction"):
		return begins
	case p.Has("commit prepared"), p.Has("rollback prepared"):
		return noControl
	case p.Has("commit"), p.Has("end"):
		return commits
	case p.Has("prepare transaction"):
		return prepares
	case p.Has("savepoint"), p.Has("release"):
		return savepoint
	case p.Has("rollback"), p.Has("abort"):
		p.Drop("work", "transaction")
		if p.Has("to") {
			return savepoint
		}
		return rollsBack
	}
	return noControl
}

// follow applies the effect of a transaction's end: local settings end with it,
// and a rollback undoes the others.
func (s *sessionSettings) follow(c control) {
	switch c {
	case begins:
		s.beforeBlock = s.timeout
	case rollsBack:
		s.timeout, s.local = s.beforeBlock, nil
	case commits, prepares:
		s.local = nil
	}
}
