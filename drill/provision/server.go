package provision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// Server is a running Postgres of production's major, with an empty database
// that was made for one dump.
type Server struct {
	sandbox.Running

	Image    string
	Version  string // "15.18"
	Major    int
	Database string // to restore into and to look at afterwards
	// ConnectTo is where psql or pg_restore connects: Database, or the maintenance database when
	// the dump makes its own.
	ConnectTo string
	// Maintenance is the database to be connected to for what concerns the whole server, or
	// Database itself.
	Maintenance string
	User        string // superuser
	Password    redact.Secret
	// Owner is the role that owns Database; empty: the superuser. Where the dump itself makes the
	// role or the database, this comes true when it is restored.
	Owner string
	// MadeRoles are roles that the dump needs and does not bring. They are superusers while it is
	// loaded, because their memberships in other roles are not known; Restore takes that back.
	MadeRoles []string
	// AssumedLocale is the libc locale that Database has for want of knowing production's; empty: the
	// config or the dump told it.
	AssumedLocale string
	// Properties are SQL statements with Database's own settings. Restore runs them after the load;
	// empty: there are none, or they are another database's.
	Properties  string
	CPUs        int    // that the server may use
	Preloaded   string // shared_preload_libraries
	LockTimeout string // lock_timeout by the server's own configuration, with its unit
	Log         LogFile
	Findings    []outcome.Finding

	libraryPath string // dynamic_library_path by the server's own configuration
}

// LogFile is the server's structured log, inside the Postgres container.
type LogFile struct {
	Path   string
	Format string // jsonlog (15 and later) or csvlog
}

// Where the server listens inside the pod.
const (
	host = "127.0.0.1"
	port = 5432
)

// Connect opens a connection to the Postgres in a pod as any client would. For
// a restored database there is Server.Session.
func Connect(ctx context.Context, d sandbox.Dialer, database, user string, password redact.Secret) (*pgx.Conn, error) {
	return connect(ctx, d, database, user, password, map[string]string{})
}

func connect(ctx context.Context, d sandbox.Dialer, database, user string, password redact.Secret, params map[string]string) (*pgx.Conn, error) {
	// An empty connection string reads PG* of this machine's environment;
	// every field that matters is therefore overwritten.
	cfg, err := pgx.ParseConfig("sslmode=disable")
	if err != nil {
		return nil, fmt.Errorf("prepare connection: %s", redactConn(err))
	}
	cfg.Host, cfg.Port = host, port
	cfg.Database, cfg.User, cfg.Password = database, user, password.Reveal()
	cfg.Fallbacks = nil
	cfg.RuntimeParams = params
	cfg.RuntimeParams["application_name"] = "drillgres"
	cfg.RuntimeParams["client_encoding"] = "UTF8" // the default is the database's, and Go's texts are UTF-8
	cfg.DialFunc = d.Dial
	cfg.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		doing := fmt.Sprintf("connect to database %q as %q", database, user)
		var refused *pgconn.PgError // the server's words; pgx's own error holds the password
		if errors.As(err, &refused) {
			return nil, pgerr.Redacted(fmt.Errorf("%s: %w", doing, refused))
		}
		return nil, fmt.Errorf("%s: %s", doing, redactConn(err))
	}
	return conn, nil
}

// goodbyeWithin bounds taking leave of a server that may be gone.
const goodbyeWithin = time.Second

// Close ends a connection, also when ctx has ended. Whatever mattered has been
// answered before, so that its error tells nothing.
func Close(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbyeWithin)
	defer cancel()
	_ = conn.Close(ctx)
}

func redactConn(err error) string {
	var r redact.Redactor
	return r.Text(err.Error())
}
