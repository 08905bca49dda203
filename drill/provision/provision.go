// Package provision starts the server for a restore: Postgres of production's major
// in a sandbox, with the extensions, the roles and the empty database that the dump
// requires.
package provision

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// Provisioner starts servers.
type Provisioner struct {
	Opener   sandbox.Opener
	Maker    Maker // nil: no image is made
	Config   config.Postgres
	Restore  config.Restore
	Database string   // the key in the config: the database's name if the dump contains none
	RunID    string   // the label of everything that is created
	WorkDir  string   // of the run, mounted read-only: work.Dir.Shared
	Hosts    []string // names that resolve to 127.0.0.1 inside the pod
	AppRole  string   // the application's role; empty: the database's owner
	Keep     bool     // the sandbox outlives the run

	// Preloaded returns the shared_preload_libraries of the last drill, which this one probably
	// needs too, or "". It may be nil.
	Preloaded func(ctx context.Context) string

	// ContainerMemory is the memory limit of each container besides Postgres, in
	// bytes. 0: that of Postgres.
	ContainerMemory int64

	ahead   *opening  // not yet part of a Server
	session *pgx.Conn // with the server of the sandbox, while Provision runs; nil: none
}

// The time limits for starting a server and pulling an image. They only end a drill
// that would otherwise hang.
const (
	startWithin = 3 * time.Minute
	pullWithin  = 15 * time.Minute
)

// Provision opens a sandbox and prepares its server for a backup with these needs. If the
// server lacks an extension or a library, Provision makes an image and opens another
// sandbox.
//
// The Server is valid even with an error: if its Pod is not nil, the caller must
// close it. The caller must always call Abandon too.
//
// Failures: those of sandbox.Opener, image_wrong_major, extension_unavailable,
// image_build_failed, preload_missing, collation_missing, role_missing.
func (p *Provisioner) Provision(ctx context.Context, needs inspect.Needs) (Server, error) {
	opened, err := p.awaitSandbox(ctx, needs)
	if opened, err = p.withoutGuess(ctx, needs, opened, err); err != nil {
		return Server{}, err
	}
	defer p.closeSession(ctx)
	p.session = opened.takeSession(ctx)
	s := p.server(opened, needs)
	if err = p.examine(ctx, &s, needs); err == nil {
		s, err = p.equip(ctx, s, opened.plan, needs)
	}
	if err == nil {
		err = p.prepare(ctx, &s, needs)
	}
	if s.Pod == nil {
		return s, err
	}
	p.ahead = nil
	return s, s.Blame(ctx, err)
}

// Complete makes a server that was provisioned for the beginning of a dump ready for all of it.
// It returns false if another server is needed for that: the dump needs more than further roles.
func (p *Provisioner) Complete(ctx context.Context, s Server, begun, all inspect.Needs) (_ Server, fits bool, err error) {
	if !isSameButRoles(begun, all) {
		return s, false, nil
	}
	conn, err := Connect(ctx, s, s.Maintenance, s.User, s.Password)
	if err != nil {
		return s, true, s.Blame(ctx, err)
	}
	defer Close(ctx, conn)
	s.Findings = slices.Clone(s.Findings)
	before := s.Owner
	if s.Owner = p.chooseOwner(&s, all); s.Owner != before {
		s.create += ownerClause(&s, all)
	}
	if err = p.createRoles(ctx, conn, &s, all); err == nil && s.Owner != before {
		err = giveDatabase(ctx, conn, &s, all)
	}
	return s, true, s.Blame(ctx, err)
}

// isSameButRoles reports whether a dump needs what its beginning does, without what only says which roles
// it needs, and without tablespaces, which a server does not get.
func isSameButRoles(begun, all inspect.Needs) bool {
	for _, n := range []*inspect.Needs{&begun, &all} {
		n.Unfinished, n.Roles, n.Grantees, n.ObjectsByOwner, n.Tablespaces = false, nil, nil, nil, nil
	}
	return reflect.DeepEqual(begun, all)
}

// server returns the server in a sandbox, before anything is known of it.
func (p *Provisioner) server(opened *opening, needs inspect.Needs) Server {
	s := Server{
		Running: opened.running, Image: cmp.Or(opened.plan.made.Ref, p.image()), Made: opened.plan.made, User: opened.user, Password: opened.password,
		Database: targetName(needs, p.Database),
	}
	s.Maintenance = maintenanceFor(s.Database)
	for _, e := range needs.Extensions {
		s.NeededExtensions = append(s.NeededExtensions, e.Name)
	}
	if needs.Database.Name == s.Database {
		s.Properties = needs.Properties
	}
	return s
}

// examine reads what the server is and has.
func (p *Provisioner) examine(ctx context.Context, s *Server, needs inspect.Needs) error {
	if p.session == nil {
		var err error
		if p.session, err = Connect(ctx, s, s.Maintenance, s.User, s.Password); err != nil { // nothing is restored yet
			return err
		}
	}
	if err := p.identify(ctx, p.session, s, needs); err != nil {
		return err
	}
	return readExtensions(ctx, p.session, s)
}

func (p *Provisioner) closeSession(ctx context.Context) {
	if p.session != nil {
		Close(ctx, p.session)
		p.session = nil
	}
}

func (p *Provisioner) prepare(ctx context.Context, s *Server, needs inspect.Needs) error {
	conn := p.session
	needed := p.Needed(needs)
	if err := p.checkExtensions(s, needed); err != nil {
		return err
	}
	s.CreatedByDump = needs.Cluster || needs.CreatesDatabase
	if s.CreatedByDump {
		if err := tryExtensions(ctx, conn, s, needed); err != nil {
			return err
		}
	}
	if err := allowTablespaces(ctx, conn, s, needs); err != nil {
		return err
	}
	if err := p.configureForLoad(ctx, conn, s); err != nil {
		return err
	}
	if err := p.giveBootstrap(ctx, conn, s, needs); err != nil {
		return err
	}
	s.Owner = p.chooseOwner(s, needs)
	if err := p.createRoles(ctx, conn, s, needs); err != nil {
		return err
	}
	s.ConnectTo = s.Database
	if s.CreatedByDump {
		s.ConnectTo = s.Maintenance
	}
	switch {
	case needs.Cluster:
		return nil
	case needs.CreatesDatabase:
		return dropDatabase(ctx, conn, s)
	}
	if err := p.createDatabase(ctx, conn, s, needs); err != nil {
		return err
	}
	return tryExtensions(ctx, conn, s, needed)
}

func (s *Server) addFinding(code, hint, message string) {
	s.Findings = append(s.Findings, outcome.Finding{Code: code, Message: message, Hint: hint})
}

// spec returns the sandbox to open, with the name and the password of its superuser, but
// without Ready.
func (p *Provisioner) spec(needs inspect.Needs, chosen plan, user string, password redact.Secret) sandbox.Spec {
	size := p.sizing()
	given := byLowerName(p.Config.Settings)
	if chosen.preload != "" {
		given[preloadSetting] = chosen.preload
	}
	settings := serverSettings(given, size, targetName(needs, p.Database))
	return sandbox.Spec{
		RunID: p.RunID, Image: cmp.Or(chosen.made.Ref, p.image()), Settings: settings, Hosts: slices.Clone(p.Hosts), WorkDir: p.WorkDir,
		User: user, Password: password.Reveal(),
		Memory: size.Memory, ContainerMemory: cmp.Or(p.ContainerMemory, size.Memory), ShmSize: size.Shm, CPUs: p.Config.CPUs, InMemory: size.Fast, Keep: p.Keep,
		StartIn: startWithin, PullWithin: pullWithin,
	}
}

func (p *Provisioner) image() string { return ImageOf(p.Config) }

// ImageOf returns the image of a server.
func ImageOf(c config.Postgres) string {
	if c.Image != "" {
		return string(c.Image)
	}
	return "postgres:" + c.Version
}
