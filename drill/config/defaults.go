package config

import (
	"time"

	"github.com/drillgres/drillgres/drill/place"
)

// setDefaults sets the defaults of keys that the config omits. postgres.memory and
// restore.jobs, which depend on the engine, and work.dir, which depends on the
// user, stay zero: their defaults are set when they are used.
func (c *Config) setDefaults() {
	if h := c.Record.History; h != "" && h.IsPath() {
		c.Record.History = History(c.Resolve(c.Record.History.Reveal()))
	}
	c.Record.S3.setDefaults()
	c.setEvidenceDefaults()
	for _, path := range []*string{&c.Work.Dir, &c.Metrics.Textfile} {
		if *path != "" {
			*path = c.Resolve(*path)
		}
	}
	for _, db := range c.Databases {
		db.setDefaults()
		if from := string(db.Backup.From); from != "" && place.Scheme(from) == "" {
			db.Backup.From = Text(c.Resolve(from))
		}
		db.Backup.Dir = c.Dir
		for _, k := range db.Backup.Keys {
			for _, f := range []*KeyFile{k.Age, k.OpenPGP, k.Databasus} {
				if f != nil && f.File != "" {
					f.File = Text(c.Resolve(string(f.File)))
				}
			}
		}
		for _, file := range []*string{&db.Backup.SFTP.KnownHosts, &db.Backup.SFTP.KeyFile} {
			if *file != "" {
				*file = c.Resolve(*file)
			}
		}
		if r := db.Postgres.Build.Repository; r != nil {
			r.Key = Text(c.Resolve(string(r.Key)))
		}
		if db.Migrate != nil {
			c.setMigrateDefaults(db)
		}
	}
}

func (c *Config) setMigrateDefaults(db *Database) {
	m := db.Migrate
	m.setDefaults()
	if db.App != nil {
		or(&m.Image, db.App.Candidate)
	}
	for _, files := range []*string{&m.SQL, m.downSQL()} {
		if *files != "" {
			*files = c.Resolve(*files)
		}
	}
}

func (m *Migrate) setDefaults() {
	or(&m.Timeout, Duration(30*time.Minute))
	or(&m.Current, "required")
}

// NewMigrate returns a migrate section with its defaults.
func NewMigrate() *Migrate {
	m := new(Migrate)
	m.setDefaults()
	return m
}

func (m *Migrate) downSQL() *string {
	if m.Down == nil {
		return new(string)
	}
	return &m.Down.SQL
}

func (db *Database) setDefaults() {
	or(&db.Postgres.Image, Text("postgres:"+db.Postgres.Version))
	or(&db.Postgres.ShmSize, 1<<30)
	or(&db.Restore.Profile, "rehearsal")
	or(&db.Restore.Timeout, Duration(2*time.Hour))
	or(&db.Restore.Roles, "create")
	or(&db.Verify.Integrity, "standard")
	or(&db.Verify.IntegrityWithin, Duration(10*time.Minute))
	orPercent(&db.Verify.Drift.Rows, 20)
	orPercent(&db.Verify.Drift.Size, 50)
	or(&db.Verify.Drift.Window, 10)
	db.Backup.S3.setDefaults()
	if db.App == nil {
		return
	}
	or(&db.App.Ready.Within, Duration(time.Minute))
	if db.App.Ready.HTTP != "" {
		orExpr(&db.App.Ready.Expect, CompileHTTP, "status >= 200 && status < 300")
	}
	for i := range db.App.Smoke {
		db.App.Smoke[i].setDefaults()
	}
}

func (s *S3) setDefaults() {
	if s.PathStyle == nil {
		hasEndpoint := s.Endpoint != ""
		s.PathStyle = &hasEndpoint
	}
}

func (s *Smoke) setDefaults() {
	or(&s.Within, Duration(30*time.Second))
	switch {
	case s.HTTP != nil:
		s.HTTP.Method, _, s.HTTP.Path = s.HTTP.request()
		orExpr(&s.Expect, CompileHTTP, "status >= 200 && status < 300")
	case len(s.Command) > 0:
		orExpr(&s.Expect, CompileCommand, "exit == 0")
	}
}

func or[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func orPercent(field **Percent, value Percent) {
	if *field == nil {
		*field = &value
	}
}

// orExpr sets a default expression. It ignores compile errors: a test loads each of
// them.
func orExpr(field *Expr, compile func(string) (Expr, error), source string) {
	if field.IsZero() {
		*field, _ = compile(source)
	}
}
