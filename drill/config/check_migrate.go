package config

import (
	"path/filepath"
	"strings"
)

func (l *loader) checkMigrate(at *path, m *Migrate, hasApp bool) {
	l.checkImage(at.key("image"), string(m.Image), false)
	l.checkCommand(at.key("command"), m.Command)
	l.checkGlob(at.key("sql"), m.SQL)
	if l.given(at.key("sql")) {
		for _, other := range []string{"image", "command"} {
			if l.given(at.key(other)) {
				l.invalid(at.key(other), "cannot be combined with sql (want either a command in the candidate's image or SQL files)")
			}
		}
	}
	l.checkName(at.key("role"), m.Role)
	l.checkEnv(at.key("env"), m.Env)
	l.checkNotZero(at.key("timeout"), m.Timeout)
	budget := at.key("budget")
	l.checkNotZero(budget.key("total"), m.Budget.Total)
	l.checkNotZero(budget.key("statement"), m.Budget.Statement)
	l.checkNotZero(budget.key("lock"), m.Budget.Lock)
	for i, a := range m.Allow {
		l.checkAllow(at.key("allow").at(i), a)
	}
	l.checkOneOf(at.key("current"), m.Current, "required", "warn", "off")
	if current := at.key("current"); l.given(current) && m.Current != "off" && !hasApp {
		l.invalid(current, "needs app, which names the release that is deployed today")
	}
	if m.Down != nil {
		l.checkDown(at.key("down"), m.Down)
	}
}

func (l *loader) checkAllow(at *path, a Allow) {
	for key, value := range map[string]string{"finding": a.Finding, "on": a.On, "reason": a.Reason} {
		if strings.TrimSpace(value) == "" {
			l.invalid(at.key(key), "is missing (want finding, on and reason)")
		}
	}
}

func (l *loader) checkDown(at *path, d *Down) {
	l.checkCommand(at.key("command"), d.Command)
	l.checkGlob(at.key("sql"), d.SQL)
	if l.given(at.key("command")) == l.given(at.key("sql")) {
		l.invalid(at, "needs exactly one of command and sql")
	}
}

// checkGlob checks a glob of file names.
func (l *loader) checkGlob(at *path, pattern string) {
	l.checkPath(at, pattern)
	if _, err := filepath.Match(pattern, ""); err != nil {
		l.invalid(at, "%s is not a valid glob (want one such as migrations/*.sql)", quoted(pattern))
	}
}
