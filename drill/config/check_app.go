package config

import (
	"regexp"
	"strings"
)

var (
	variableName = regexp.MustCompile(`^[A-Za-z_.-][A-Za-z0-9_.-]*$`)
	hostName     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// reservedHosts are host names that have a meaning inside the pod already.
var reservedHosts = map[string]bool{"postgres": true, "localhost": true, "ip6-localhost": true, "ip6-loopback": true}

const (
	postgresPort = 5432
	minShare     = 16 << 20 // bytes of memory of a container
)

func (l *loader) checkApp(at *path, a *App) {
	l.checkImage(at.key("image"), string(a.Image), true)
	l.checkImage(at.key("candidate"), string(a.Candidate), false)
	l.checkCommand(at.key("command"), a.Command)
	if least := minShare * Size(1+len(a.Services)); l.given(at.key("memory")) && a.Memory < least {
		l.invalid(at.key("memory"), "%s is too little for %d containers (want %s or more)", a.Memory, 1+len(a.Services), least)
	}
	l.checkName(at.key("role"), a.Role)
	l.checkEnv(at.key("env"), a.Env)
	l.checkReady(at.key("ready"), &a.Ready)
	needsPort := a.Ready.HTTP != ""
	used := map[string]*path{}
	for i := range a.Smoke {
		l.checkSmoke(at.key("smoke").at(i), &a.Smoke[i], used)
		needsPort = needsPort || a.Smoke[i].HTTP != nil
	}
	port := at.key("port")
	if needsPort && !l.given(port) {
		l.invalid(port, "is missing (want the port on which the application serves HTTP)")
	}
	l.checkPort(port, a.Port)
	l.checkServices(at, a)
}

func (l *loader) checkCommand(at *path, command []string) {
	if l.given(at) && (len(command) == 0 || command[0] == "") {
		l.invalid(at, "is empty (omit it for the image's command)")
	}
	for i, arg := range command {
		if strings.Contains(arg, "\x00") {
			l.invalid(at.at(i), "contains a zero byte")
		}
	}
}

func (l *loader) checkEnv(at *path, env map[string]Value) {
	for _, name := range sortedNames(env) {
		if !variableName.MatchString(name) {
			l.invalid(at.key(name), "is not a valid variable name (want letters, digits, _ . -)")
		}
		if strings.Contains(env[name].Reveal(), "\x00") {
			l.invalid(at.key(name), "contains a zero byte")
		}
	}
}

func (l *loader) checkReady(at *path, r *Ready) {
	if r.HTTP != "" && !strings.HasPrefix(r.HTTP, "/") {
		l.invalid(at.key("http"), "%s is not a path (want one that begins with /, such as /healthz)", quoted(r.HTTP))
	}
	if l.given(at.key("http")) && r.HTTP == "" {
		l.invalid(at.key("http"), "is empty (omit it if an open port is enough)")
	}
	l.checkNotZero(at.key("within"), r.Within)
	if expect := at.key("expect"); l.given(expect) && r.HTTP == "" {
		l.invalid(expect, "needs ready.http, whose response it tests")
		return
	}
	l.compileExpect(at.key("expect"), &r.Expect, CompileHTTP, optional)
}

func (l *loader) checkPort(at *path, port int) {
	switch {
	case !l.given(at):
	case port < 1 || port > 65535:
		l.invalid(at, "%d is not a port (want 1 to 65535)", port)
	case port == postgresPort:
		l.invalid(at, "%d is used by Postgres, and all containers of the sandbox share one loopback (want another port)", port)
	}
}

// checkServices reports names and ports that would collide: all containers of the
// sandbox share one network namespace.
func (l *loader) checkServices(at *path, a *App) {
	ports := map[int]string{}
	if a.Port > 0 {
		ports[a.Port] = "the application"
	}
	for _, name := range sortedNames(a.Services) {
		s, place := a.Services[name], at.key("services").key(name)
		if !hostName.MatchString(name) {
			l.invalid(place, "is not a valid host name (want lower-case letters, digits and -; at most 63)")
		}
		if reservedHosts[name] {
			l.invalid(place, "is reserved: inside the sandbox, %s is the sandbox itself (want another name)", name)
		}
		l.checkImage(place.key("image"), string(s.Image), true)
		l.checkCommand(place.key("command"), s.Command)
		l.checkEnv(place.key("env"), s.Env)
		l.checkPort(place.key("port"), s.Port)
		if other, duplicate := ports[s.Port]; duplicate && s.Port > 0 {
			l.invalid(place.key("port"), "%d is already used by %s, and all containers of the sandbox share one loopback (want another port)", s.Port, other)
			continue
		}
		ports[s.Port] = "service " + name
	}
}
