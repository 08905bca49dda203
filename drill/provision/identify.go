package provision

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// identify reads the version and the settings of the server. It compares the
// version with the config and with the server that was dumped.
func (p *Provisioner) identify(ctx context.Context, conn *pgx.Conn, s *Server, needs inspect.Needs) error {
	const sql = "select current_setting('server_version'), current_setting('server_version_num')::int / 10000" +
		", current_setting('dynamic_library_path'), current_setting('lock_timeout'), current_setting('max_connections')::int"
	var connections int
	if err := conn.QueryRow(ctx, sql).Scan(&s.Version, &s.Major, &s.libraryPath, &s.LockTimeout, &connections); err != nil {
		return fmt.Errorf("ask the server for its version: %w", err)
	}
	s.Version, _, _ = strings.Cut(s.Version, " ")
	if want := strings.TrimSpace(p.Config.Version); strconv.Itoa(s.Major) != want {
		return WrongMajor(s.Image, s.Version, want)
	}
	s.compareVersions(needs)
	s.CPUs = usableCPUs(s.Processors, p.Config.CPUs)
	s.DefaultJobs = defaultJobs(s.CPUs, connections, p.sizing())
	return nil
}

// WrongMajor returns the failure for an image of another version than the config's major.
func WrongMajor(image, version, major string) *outcome.Failure {
	return outcome.Fail(outcome.ImageWrongMajor, "image %s runs Postgres %s, postgres.version pins %s", image, version, major).
		WithHint("set postgres.image to an image of Postgres %s, or postgres.version to production's major", major)
}

// compareVersions adds a finding if the version differs from that of the server
// that was dumped.
func (s *Server) compareVersions(needs inspect.Needs) {
	dumped, ok := parseVersion(needs.ProductionVersion)
	here, known := parseVersion(s.Version)
	if !ok || !known {
		return
	}
	switch {
	case dumped.major != here.major:
		s.addFinding("major_differs",
			"set postgres.version to production's major, unless the drill rehearses an upgrade",
			fmt.Sprintf("the dump was taken from Postgres %s and is restored into %s", needs.ProductionVersion, s.Version))
	case dumped.minor > here.minor:
		s.addFinding("minor_unpatched",
			fmt.Sprintf("pull a newer %s: the drill lacks the fixes of the newer minor releases", s.Image),
			fmt.Sprintf("the dump was taken from Postgres %s, image %s runs the older %s", needs.ProductionVersion, s.Image, s.Version))
	}
}

type version struct{ major, minor int }

// Major returns the major of a version such as 15.18, or 0 if it has none.
func Major(text string) int {
	v, _ := parseVersion(text)
	return v.major
}

// parseVersion parses 15.18, 15.18 (Debian …), 18beta1. It does not understand the
// three-part versions before 10, which no drill runs.
func parseVersion(s string) (version, bool) {
	s, _, _ = strings.Cut(strings.TrimSpace(s), " ")
	major, minor, _ := strings.Cut(s, ".")
	v := version{}
	var err error
	if v.major, err = strconv.Atoi(leadingDigits(major)); err != nil {
		return v, false
	}
	if minor != "" {
		v.minor, err = strconv.Atoi(leadingDigits(minor))
	}
	return v, err == nil
}

func leadingDigits(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		return s
	}
	return s[:end]
}

// usableCPUs returns how many CPUs the server can use of those that the sandbox has, at most the
// limit of the config. If their number is unknown, it is 1: one job is slow but always works.
func usableCPUs(processors int, limit float64) int {
	n := max(processors, 1)
	if limit > 0 {
		n = min(n, int(math.Ceil(limit)))
	}
	return max(n, 1)
}
