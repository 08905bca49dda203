package config

import (
	"net/url"
	"regexp"

	"go.yaml.in/yaml/v3"
)

var (
	packageName   = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9][A-Za-z0-9.+:~-]*)?$`)
	componentName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)
)

// build decodes auto and off. It reports whether n is a single value.
func (l *loader) build(n *yaml.Node, p *path, target *Build) bool {
	if n.Kind != yaml.ScalarNode {
		return false
	}
	switch n.Value {
	case "auto":
	case "off":
		target.Off = true
	default:
		l.problem(n, p, "%s is not one of auto, off (or want a mapping with packages, repository)", quoted(n.Value))
	}
	return true
}

func (l *loader) checkBuild(at *path, b *Build) {
	for i, name := range b.Packages {
		if !packageName.MatchString(name) {
			l.invalid(at.key("packages").at(i), "%s is not a Debian package (want NAME or NAME=VERSION)", quoted(name))
		}
	}
	r := b.Repository
	if r == nil {
		return
	}
	at = at.key("repository")
	switch u, err := url.Parse(string(r.URL)); {
	case r.URL == "":
		l.invalid(at.key("url"), "is missing (want the address of a Debian repository)")
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || hasSpace.MatchString(string(r.URL)):
		l.invalid(at.key("url"), "is not an http or https URL") // not quoted: it may contain a password
	}
	if l.checkPath(at.key("key"), string(r.Key)); r.Key == "" {
		l.invalid(at.key("key"), "is missing (want the path of the repository's public key: its packages are only installed if they are signed with it)")
	}
	if s := at.key("suite"); l.given(s) && !componentName.MatchString(r.Suite) {
		l.invalid(s, "%s is not a suite (want a name such as bookworm)", quoted(r.Suite))
	}
	for i, name := range r.Components {
		if !componentName.MatchString(name) {
			l.invalid(at.key("components").at(i), "%s is not a component (want a name such as main)", quoted(name))
		}
	}
}

var hasSpace = regexp.MustCompile(`[\s\x00-\x1f]`)
