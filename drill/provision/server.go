package provision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/drillgres/drillgres/drill/equip"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// Server is a running Postgres of production's major, with an empty database for
// one dump.
type Server struct {
	sandbox.Running

	Image    string      // the config's, or Made
	Made     equip.Image // zero: the config's image has all extensions
	Version  string      // "15.18"
	Major    int
	Database string // the database to restore and to verify
	// ConnectTo is the database to which psql or pg_restore connects: Database, or Maintenance if
	// the dump creates its own database.
	ConnectTo string
	// CreatedByDump states that the dump creates Database, with its owner.
	CreatedByDump bool
	// Maintenance is the database to connect to for commands about the whole server or about
	// Database.
	Maintenance string
	User        string // superuser
	Password    redact.Secret
	// Owner is the role that owns Database; empty: the superuser. If the dump creates the role, the
	// restore sets the owner; if it creates the database, the owner is known after the restore.
	Owner string
	// MadeRoles are the roles that the dump needs and does not create. They are superusers during
	// the load, because their memberships in other roles are not known. Restore demotes them.
	MadeRoles []string
	// AssumedLocale is the libc locale of Database if production's is not known; empty: the config
	// or the dump contains it.
	AssumedLocale string
	// Properties are SQL statements with Database's own settings, which Restore runs after the
	// load. They are empty if the dump contains none, or only those of another database.
	Properties string
	// NeededExtensions are those that the dump creates.
	NeededExtensions []string
	// LostSettings is the number of Database's own settings that could not be restored.
	LostSettings int

	// Address is where the server is, if it is not in a sandbox: a real one, whose log and settings
	// are not the drill's. nil: a sandbox.
	Address *Address
	// Limited states that User is not a superuser, as at a provider that manages the server.
	Limited bool
	// ClientVersion is the version of psql and pg_restore; empty: that of the server.
	ClientVersion string

	CPUs        int    // available to the server
	DefaultJobs int    // how many jobs load unless restore.jobs is set
	Preloaded   string // shared_preload_libraries
	LockTimeout string // lock_timeout of the server's own configuration, with its unit
	Log         LogFile
	Findings    []outcome.Finding

	available   []string // extensions
	libraryPath string   // dynamic_library_path of the server's own configuration
	madeAppRole string   // the application's role, if the dump does not need it
	create      string   // the statement that creates Database; empty: the dump does it
}

// LogFile is the server's structured log, inside the Postgres container.
type LogFile struct {
	Path   string
	Format string // jsonlog (15 and later) or csvlog
}

// Connect opens an ordinary connection to the Postgres in a pod. Use Server.Session
// for a restored database.
func Connect(ctx context.Context, d sandbox.Dialer, database, user string, password redact.Secret) (*pgx.Conn, error) {
	return connect(ctx, d, nil, Credentials{user, password}, database, map[string]string{})
}

// connect connects to a server at an address; nil: to that in a pod.
func connect(ctx context.Context, d sandbox.Dialer, at *Address, who Credentials, database string, params map[string]string) (*pgx.Conn, error) {
	cfg, err := at.config(d)
	if err != nil {
		return nil, fmt.Errorf("prepare connection: %s", redactConn(err))
	}
	user := who.Role
	cfg.Database, cfg.User, cfg.Password = database, user, who.Password.Reveal()
	cfg.RuntimeParams = params
	cfg.RuntimeParams["application_name"] = "drillgres"
	cfg.RuntimeParams["client_encoding"] = "UTF8" // the default is the database's, and Go's texts are UTF-8
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		doing := fmt.Sprintf("connect to database %q as %q", database, user)
		var refused *pgconn.PgError // the server's words; pgx's own error holds the password
		if errors.As(err, &refused) {
			return nil, pgerr.Redacted(fmt.Errorf("%s: %w", doing, refused))
		}
		return nil, fmt.Errorf("%s: %s", doing, redactConn(err))
	}
	if conn.PgConn().ParameterStatus("server_encoding") == "SQL_ASCII" {
		// Such a server converts nothing, but rejects text that is not in the client's encoding.
		if _, err := conn.Exec(ctx, "set client_encoding = 'SQL_ASCII'"); err != nil {
			Close(ctx, conn)
			return nil, pgerr.Redacted(fmt.Errorf("set the encoding of the session: %w", err))
		}
	}
	return conn, nil
}

// closeWithin limits closing a connection to a server that may be gone.
const closeWithin = time.Second

// Close closes a connection, even if ctx has ended. It ignores errors, because all
// answers have been received before.
func Close(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	_ = conn.Close(ctx)
}

func redactConn(err error) string {
	var r redact.Redactor
	return r.Text(err.Error())
}
