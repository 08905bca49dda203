package config

import (
	"regexp"
	"strings"
)

var (
	variableName = regexp.MustCompile(`^[A-Za-z_.-][A-Za-z0-9_.-]*$`)
	hostName     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// takenHosts are names that mean something else inside the pod.
var takenHosts = map[string]bool{"postgres": true, "localhost": true, "ip6-localhost": true, "ip6-loopback": true}

const postgresPort = 5432

func (l *loader) checkApp(at *path, a *App) {
	l.checkImage(at.key("image"), string(a.Image), true)
	l.checkImage(at.key("candidate"), string(a.Candidate), false)
	l.checkCommand(at.key("command"), a.Command)
	l.checkName(at.key("role"), a.Role)
	l.checkEnv(at.key("env"), a.Env)
	l.checkReady(at.key("ready"), &a.Ready)
	needsPort := a.Ready.HTTP != ""
	taken := map[string]*path{}
	for i := range a.Smoke {
		l.checkSmoke(at.key("smoke").at(i), &a.Smoke[i], taken)
		needsPort = needsPort || a.Smoke[i].HTTP != nil
	}
	port := at.key("port")
	if needsPort && !l.given(port) {
		l.bad(port, "is missing (want the port on which the application serves HTTP)")
	}
	l.checkPort(port, a.Port)
	l.checkServices(at, a)
}

func (l *loader) checkCommand(at *path, command []string) {
	if l.given(at) && (len(command) == 0 || command[0] == "") {
		l.bad(at, "is empty (leave it out for the image's own)")
	}
	for i, arg := range command {
		if strings.Contains(arg, "\x00") {
			l.bad(at.at(i), "holds a zero byte")
		}
	}
}

func (l *loader) checkEnv(at *path, env map[string]Value) {
	for _, name := range sortedNames(env) {
		if !variableName.MatchString(name) {
			l.bad(at.key(name), "is not the name of a variable (want letters, digits, _ . -)")
		}
		if strings.Contains(env[name].Reveal(), "\x00") {
			l.bad(at.key(name), "holds a zero byte")
		}
	}
}

func (l *loader) checkReady(at *path, r *Ready) {
	if r.HTTP != "" && !strings.HasPrefix(r.HTTP, "/") {
		l.bad(at.key("http"), "%s is not a path (want one that begins with /, such as /healthz)", quoted(r.HTTP))
	}
	if l.given(at.key("http")) && r.HTTP == "" {
		l.bad(at.key("http"), "is empty (leave it out if an open port is enough)")
	}
	l.notZero(at.key("within"), r.Within)
	if expect := at.key("expect"); l.given(expect) && r.HTTP == "" {
		l.bad(expect, "needs ready.http to have something to look at")
		return
	}
	l.compileExpect(at.key("expect"), &r.Expect, CompileHTTP, optional)
}

func (l *loader) checkPort(at *path, port int) {
	switch {
	case !l.given(at):
	case port < 1 || port > 65535:
		l.bad(at, "%d is not a port (want 1 to 65535)", port)
	case port == postgresPort:
		l.bad(at, "%d is the port of Postgres, and all containers of the sandbox share one loopback (want another port)", port)
	}
}

// checkServices refuses names and ports that would collide: all containers of
// the sandbox share one network namespace.
func (l *loader) checkServices(at *path, a *App) {
	ports := map[int]string{}
	if a.Port > 0 {
		ports[a.Port] = "the application"
	}
	for _, name := range sortedNames(a.Services) {
		s, place := a.Services[name], at.key("services").key(name)
		if !hostName.MatchString(name) {
			l.bad(place, "is no host name (want lower-case letters, digits and -; 63 at most)")
		}
		if takenHosts[name] {
			l.bad(place, "is taken: inside the sandbox %s is the sandbox itself (want another name)", name)
		}
		l.checkImage(place.key("image"), string(s.Image), true)
		l.checkCommand(place.key("command"), s.Command)
		l.checkEnv(place.key("env"), s.Env)
		l.checkPort(place.key("port"), s.Port)
		if other, twice := ports[s.Port]; twice && s.Port > 0 {
			l.bad(place.key("port"), "%d is already the port of %s, and all containers of the sandbox share one loopback", s.Port, other)
			continue
		}
		ports[s.Port] = "service " + name
	}
}
