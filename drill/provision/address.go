package provision

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/sandbox"
)

// Address is where a server is that is not in a sandbox.
type Address struct {
	// Config has the host, the port, TLS and the timeouts. The database, the user and the password
	// are those of each session.
	Config *pgx.ConnConfig
	// Params are what a client program needs besides host, port, user and database, such as
	// sslmode=verify-full. They contain no password.
	Params []Param
}

// Param is a parameter of a connection string.
type Param struct{ Name, Value string }

// The address of the server inside a pod.
const (
	host = "127.0.0.1"
	port = 5432
)

// config returns the configuration of a connection, without who connects.
func (a *Address) config(d sandbox.Dialer) (*pgx.ConnConfig, error) {
	if a != nil {
		return a.Config.Copy(), nil
	}
	// ParseConfig also reads PG* of this machine's environment, so every field that
	// matters is overwritten.
	cfg, err := pgx.ParseConfig("sslmode=disable")
	if err != nil {
		return nil, err
	}
	cfg.Host, cfg.Port = host, port
	cfg.Fallbacks, cfg.ConnectTimeout = nil, 0
	cfg.DialFunc = d.Dial
	cfg.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	return cfg, nil
}

// IsSandbox reports whether the server is in a sandbox, and not a real one.
func (s Server) IsSandbox() bool { return s.Address == nil }

// Conninfo returns the connection string with which a client program connects to a database.
// A plain name would be read as a connection string itself if it looks like one.
func (s Server) Conninfo(database string) string {
	at := host + " port=" + strconv.Itoa(port)
	var params []Param
	if a := s.Address; a != nil {
		at = ConninfoValue(a.Config.Host) + " port=" + strconv.Itoa(int(a.Config.Port))
		params = slices.Clone(a.Params)
	}
	var b strings.Builder
	b.WriteString("host=" + at + " ")
	for _, p := range append(params, Param{"user", s.User}, Param{"dbname", database}) {
		b.WriteString(p.Name + "=" + ConninfoValue(p.Value) + " ")
	}
	return strings.TrimSuffix(b.String(), " ")
}

// ConninfoValue quotes a value for a connection string.
func ConninfoValue(v string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'"
}
