package docker

import (
	"maps"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/sandbox"
)

// The labels of everything that a run makes on the engine. Nothing without
// labelRun is ever removed.
const (
	labelRun     = "io.drillgres.run"
	labelOwner   = "io.drillgres.owner"   // the host whose process made it
	labelRoot    = "io.drillgres.root"    // where that process's lock lies
	labelExpires = "io.drillgres.expires" // RFC 3339; past it any drillgres may remove it
	labelRole    = "io.drillgres.role"    // postgres or app
	labelName    = "io.drillgres.name"    // of a further container
	labelKeep    = "io.drillgres.keep"    // true: kept for inspection
)

const (
	rolePostgres = "postgres"
	roleApp      = "app"

	expiresAfter = 24 * time.Hour
)

func (e *Engine) labels(s sandbox.Spec, role string) map[string]string {
	return map[string]string{
		labelRun:     s.RunID,
		labelOwner:   hostIdentity(),
		labelRoot:    e.root,
		labelExpires: time.Now().Add(expiresAfter).UTC().Format(time.RFC3339),
		labelKeep:    strconv.FormatBool(s.Keep),
		labelRole:    role,
	}
}

func with(labels map[string]string, key, value string) map[string]string {
	labels = maps.Clone(labels)
	labels[key] = value
	return labels
}

// hostIdentity names the machine whose locks can be looked at from here. Two
// containers that share a host's engine share neither files nor processes, so
// on Linux the process namespace is part of it.
func hostIdentity() string {
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	if runtime.GOOS != "linux" {
		return name
	}
	ns, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return name
	}
	return name + "/" + strings.Trim(strings.TrimPrefix(ns, "pid:"), "[]")
}
