package appcheck

import (
	"regexp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/redact"
)

// secretive are the names of variables and headers whose values are hidden in
// what the application says.
var secretive = regexp.MustCompile(`(?i)pass|secret|token|key|credential|dsn|auth|cookie`)

// guessable is the length below which a value is none of a secret: PASSWORD_RESET
// may be "enabled".
const guessable = 8

// lookSecret are the values in the config that by their names may be secrets.
// Those that the config takes from the environment are known without guessing.
func (c Checker) lookSecret() []redact.Secret {
	sources := []map[string]config.Value{c.Config.Env}
	for _, service := range c.Config.Services {
		sources = append(sources, service.Env)
	}
	for _, smoke := range c.Config.Smoke {
		if smoke.HTTP != nil {
			sources = append(sources, smoke.HTTP.Headers)
		}
	}
	var secrets []redact.Secret
	for _, values := range sources {
		for name, value := range values {
			if secretive.MatchString(name) && len(value) >= guessable {
				secrets = append(secrets, value)
			}
		}
	}
	return secrets
}
