package appcheck

import (
	"regexp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/redact"
)

// secretName matches the names of variables and headers whose values are removed
// from the application's output.
var secretName = regexp.MustCompile(`(?i)pass|secret|token|key|credential|dsn|auth|cookie`)

// minSecretLength is the length of the shortest value that counts as a secret:
// PASSWORD_RESET may be "enabled".
const minSecretLength = 8

// guessSecrets returns the values in the config whose names suggest a secret.
// Values from the environment are in the Redactor already.
func (c Checker) guessSecrets() []redact.Secret {
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
			if secretName.MatchString(name) && len(value) >= minSecretLength {
				secrets = append(secrets, value)
			}
			secrets = append(secrets, redact.InConnection(value.Reveal())...)
		}
	}
	return secrets
}
