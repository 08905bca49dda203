package watch

import (
	"context"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// sessionSettings are what a session has set, of what matters here. The values
// that a rollback would bring back are kept.
type sessionSettings struct {
	timeout     lockTimeout  // of the session
	local       *lockTimeout // of its transaction
	beforeBlock lockTimeout
}

// lockTimeout tells whether a session waits for ever for a lock.
type lockTimeout bool

const (
	forEver lockTimeout = false
	limited lockTimeout = true // or not known, as with a parameter's value
)

// noLimit is how lock_timeout says for ever.
var noLimit = regexp.MustCompile(`^\s*0+\s*(?:us|ms|s|min|h|d)?\s*$`)

func timeoutOf(value string) lockTimeout { return lockTimeout(!noLimit.MatchString(value)) }

// waits is how long the session waits at the moment.
func (s *sessionSettings) waits() lockTimeout {
	if s.local != nil {
		return *s.local
	}
	return s.timeout
}

// defaults are the lock_timeout of sessions that set none, by role. What a
// client gives with its connection is seen by nobody but the server.
type defaults struct {
	all   lockTimeout
	roles map[string]lockTimeout
}

func (d defaults) of(role string) lockTimeout {
	if t, ok := d.roles[role]; ok {
		return t
	}
	return d.all
}

// readDefaults reads them where new sessions get them from: of settings that
// apply to one session, that of the role in the database wins, then the role's,
// then the database's, then the server's, which is given.
func readDefaults(ctx context.Context, conn *pgx.Conn, server string) (defaults, error) {
	d := defaults{all: timeoutOf(server), roles: map[string]lockTimeout{}}
	var setting, role string
	const sql = `
select coalesce(r.rolname, '')::text, substr(c, strpos(c, '=') + 1)
from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) c
where c like 'lock_timeout=%' and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
order by s.setrole <> 0, s.setdatabase <> 0`
	err := each(ctx, conn, sql, []any{&role, &setting}, func() error {
		if role == "" {
			d.all = timeoutOf(setting)
		} else {
			d.roles[role] = timeoutOf(setting)
		}
		return nil
	})
	return d, err
}

// sets follows what a statement sets for its session.
func (c *client) sets(tokens []token, d defaults) {
	p := &phrase{tokens}
	switch {
	case p.has("set"):
		local := p.has("local")
		p.skip("session")
		c.set(p.take().text, p, local, d)
	case p.has("reset all"), p.has("discard all"):
		c.settings.timeout, c.settings.local = d.of(c.user), nil
		c.schemas = nil
	case p.has("reset"):
		c.set(p.take().text, &phrase{[]token{{word, "="}, {word, "default"}}}, false, d)
	case p.holds("set_config"):
		p.until("set_config")
		args := p.inParentheses().split()
		if len(args) == 3 && args[0].peek().kind == text {
			name := strings.ToLower(args[0].take().text)
			c.set(name, &args[1], args[2].begins("true"), d)
		} else {
			c.settings.timeout = limited // by parameters, whose values are not logged
		}
	case p.has("alter role"), p.has("alter user"), p.has("alter database"):
		if p.until("set lock_timeout") {
			p.skip("to", "=")
			d.roles[c.user] = timeoutOf(p.take().text)
		}
	}
}

func (c *client) set(setting string, p *phrase, local bool, d defaults) {
	p.skip("to", "=")
	isDefault := p.begins("default")
	switch setting {
	case "lock_timeout":
		t := d.of(c.user)
		if !isDefault {
			var value strings.Builder
			for !p.done() {
				value.WriteString(p.take().text)
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
		for _, one := range p.split() {
			for _, v := range strings.Split(one.take().text, ",") { // set_config takes them all as one text
				path = append(path, unquote(strings.TrimSpace(v)))
			}
		}
		c.setPath(path)
	}
}

// control is what a statement does to its transaction.
type control int

const (
	noControl control = iota
	begins
	commits
	rollsBack
	prepares
	within // SAVEPOINT, RELEASE, ROLLBACK TO
)

func controlOf(tokens []token) control {
	p := &phrase{tokens}
	switch {
	case p.has("begin"), p.has("start transaction"):
		return begins
	case p.has("commit prepared"), p.has("rollback prepared"):
		return noControl
	case p.has("commit"), p.has("end"):
		return commits
	case p.has("prepare transaction"):
		return prepares
	case p.has("savepoint"), p.has("release"):
		return within
	case p.has("rollback"), p.has("abort"):
		p.skip("work", "transaction")
		if p.has("to") {
			return within
		}
		return rollsBack
	}
	return noControl
}

// follow keeps the settings of a transaction: those that are local to it end
// with it, and a rollback undoes the others.
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
