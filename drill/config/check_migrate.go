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
				l.bad(at.key(other), "goes with no sql (want a command in the candidate's image, or SQL files)")
			}
		}
	}
	l.checkName(at.key("role"), m.Role)
	l.checkEnv(at.key("env"), m.Env)
	l.notZero(at.key("timeout"), m.Timeout)
	budget := at.key("budget")
	l.notZero(budget.key("total"), m.Budget.Total)
	l.notZero(budget.key("statement"), m.Budget.Statement)
	l.notZero(budget.key("lock"), m.Budget.Lock)
	for i, a := range m.Allow {
		l.checkAllow(at.key("allow").at(i), a)
	}
	l.oneOf(at.key("current"), m.Current, "required", "warn", "off")
	if current := at.key("current"); l.given(current) && m.Current != "off" && !hasApp {
		l.bad(current, "needs app, which says what runs today")
	}
	if m.Down != nil {
		l.checkDown(at.key("down"), m.Down)
	}
}

func (l *loader) checkAllow(at *path, a Allow) {
	for key, value := range map[string]string{"finding": a.Finding, "on": a.On, "reason": a.Reason} {
		if strings.TrimSpace(value) == "" {
			l.bad(at.key(key), "is missing (want finding, on and reason)")
		}
	}
}

func (l *loader) checkDown(at *path, d *Down) {
	l.checkCommand(at.key("command"), d.Command)
	l.checkGlob(at.key("sql"), d.SQL)
	if l.given(at.key("command")) == l.given(at.key("sql")) {
		l.bad(at, "wants exactly one of command and sql")
	}
}

// checkGlob checks a pattern of files.
func (l *loader) checkGlob(at *path, pattern string) {
	l.checkPath(at, pattern)
	if _, err := filepath.Match(pattern, ""); err != nil {
		l.bad(at, "%s is no pattern of file names (want one such as migrations/*.sql)", quoted(pattern))
	}
}
