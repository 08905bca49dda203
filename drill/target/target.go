// Package target restores a backup into a real server: it checks that the server can take the
// backup, marks the database while the restore runs, and runs the client programs.
package target

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/words"
)

// Target is the database to restore into, and who connects to it.
type Target struct {
	Address  *provision.Address
	Database string
	User     string
	Password redact.Secret // empty: the server may ask for none
}

// libpqParams are the parameters of a URL that client programs need too, with the environment
// variables that stand for them.
var libpqParams = [][2]string{
	{"sslmode", "PGSSLMODE"},
	{"sslrootcert", "PGSSLROOTCERT"},
	{"sslcert", "PGSSLCERT"},
	{"sslkey", "PGSSLKEY"},
	{"sslnegotiation", "PGSSLNEGOTIATION"},
	{"sslsni", "PGSSLSNI"},
	{"channel_binding", "PGCHANNELBINDING"},
	{"target_session_attrs", "PGTARGETSESSIONATTRS"},
	{"krbsrvname", "PGKRBSRVNAME"},
}

// otherParams are the other parameters that a URL may have.
var otherParams = []string{"host", "port", "user", "dbname", "passfile", "connect_timeout"}

// Parse reads a URL postgres://user@host:port/database. What it does not contain is read from
// the environment as libpq does: PGPASSWORD, the password file, PGSSLMODE and others. Its
// failures never quote the URL, which may contain a password.
func Parse(text string) (Target, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return Target{}, invalid("is not a URL postgres://user@host:port/database")
	}
	query := u.Query()
	for name := range query {
		switch name {
		case "password", "sslpassword":
			return Target{}, invalid("has the parameter %s, which other users of this machine could read: use PGPASSWORD or a password file", name)
		case "service", "servicefile":
			return Target{}, invalid("has the parameter %s: write where the server is in the URL", name)
		}
		ofClients := slices.ContainsFunc(libpqParams, func(p [2]string) bool { return p[0] == name })
		if !ofClients && !slices.Contains(otherParams, name) {
			return Target{}, invalid("has the parameter %s, which would have no effect", words.Printable(name, 40))
		}
	}
	switch {
	case os.Getenv("PGSERVICE") != "":
		return Target{}, invalid("is not all that says where to restore: PGSERVICE is set, which psql and pg_restore would not see. Unset it")
	case u.Host == "" && query.Get("host") == "":
		return Target{}, invalid("names no server, and that of the environment may be another one")
	}
	if err := checkFiles(query); err != nil {
		return Target{}, err
	}
	cfg, err := pgx.ParseConfig(text)
	if err != nil {
		return Target{}, invalid("is not a valid URL of a server: check its port, and its parameters such as sslmode")
	}
	switch name := strings.TrimPrefix(u.Path, "/"); {
	case name == "" && query.Get("dbname") == "":
		return Target{}, invalid("names no database")
	case slices.ContainsFunc(cfg.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.Host != cfg.Host || f.Port != cfg.Port }):
		return Target{}, invalid("names several hosts: name the one to restore into")
	}
	t := Target{Address: &provision.Address{Config: cfg}, Database: cfg.Database, User: cfg.User, Password: redact.Secret(cfg.Password)}
	for _, p := range libpqParams {
		if value := cmp.Or(query.Get(p[0]), os.Getenv(p[1])); value != "" {
			t.Address.Params = append(t.Address.Params, provision.Param{Name: p[0], Value: value})
		}
	}
	return t, nil
}

func invalid(format string, args ...any) *outcome.Failure {
	return outcome.Fail(outcome.ConfigInvalid, "--to "+format, args...).
		WithHint("write postgres://user@host:5432/database, with the password in PGPASSWORD or in a password file")
}

// checkFiles fails if a file that the URL names cannot be read.
func checkFiles(query url.Values) error {
	for _, name := range []string{"sslrootcert", "sslcert", "sslkey"} {
		path := query.Get(name)
		if path == "" || path == "system" {
			continue
		}
		if _, err := os.ReadFile(path); err != nil {
			return invalid("has a file in %s that cannot be read: %w", name, err)
		}
	}
	return nil
}

// Secrets returns the password in every form in which an output could contain it.
func (t Target) Secrets() []redact.Secret {
	if t.Password == "" {
		return nil
	}
	return []redact.Secret{t.Password, redact.Secret(url.QueryEscape(t.Password.Reveal())), redact.Secret(url.PathEscape(t.Password.Reveal()))}
}

// String returns the URL without the password.
func (t Target) String() string {
	host := t.Address.Config.Host
	if strings.HasPrefix(host, "/") {
		return fmt.Sprintf("database %q at the socket in %s, as %s", t.Database, host, t.User)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	u := url.URL{Scheme: "postgres", User: url.User(t.User), Host: host + ":" + strconv.Itoa(int(t.Address.Config.Port)), Path: "/" + t.Database}
	return u.String()
}

// folders returns the folders that client programs in a container need: that of a socket, and
// those of certificates.
func (t Target) folders() (folders []string) {
	if host := t.Address.Config.Host; strings.HasPrefix(host, "/") {
		folders = append(folders, host)
	}
	for _, p := range t.Address.Params {
		if strings.HasPrefix(p.Value, "/") {
			folders = append(folders, filepath.Dir(p.Value))
		}
	}
	return folders
}
