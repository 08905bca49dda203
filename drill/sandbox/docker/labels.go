package docker

import (
	"maps"
	"strconv"
	"time"

	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/work"
)

// The labels of everything that a run creates on the engine. Nothing without
// labelRun is ever removed.
const (
	labelRun     = "io.drillgres.run"
	labelOwner   = "io.drillgres.owner"   // identity of the work root that contains the run's lock
	labelRoot    = "io.drillgres.root"    // path of that work root
	labelExpires = "io.drillgres.expires" // RFC 3339; after it drillgres on any machine may remove it
	labelRole    = "io.drillgres.role"    // postgres, app, bench or programs
	labelName    = "io.drillgres.name"    // of a container besides Postgres
	labelKeep    = "io.drillgres.keep"    // true: kept for inspection
)

const (
	rolePostgres = "postgres"
	roleApp      = "app"
	roleBench    = "bench"    // in which an image is made
	rolePrograms = "programs" // client programs for a real server
)

// clockTolerance is how far the clocks of two machines that share an engine may differ.
const clockTolerance = time.Hour

// defaultLifetime is the lifetime if Options states none.
const defaultLifetime = 7 * 24 * time.Hour

func (e *Engine) labels(s sandbox.Spec, role string) map[string]string {
	return map[string]string{
		labelRun:     s.RunID,
		labelOwner:   work.Identity(e.root),
		labelRoot:    e.root,
		labelExpires: time.Now().Add(e.lifetime + clockTolerance).UTC().Format(time.RFC3339),
		labelKeep:    strconv.FormatBool(s.Keep),
		labelRole:    role,
	}
}

func withLabel(labels map[string]string, key, value string) map[string]string {
	labels = maps.Clone(labels)
	labels[key] = value
	return labels
}
