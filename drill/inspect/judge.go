package inspect

import (
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// Policy holds the limits that a backup must meet.
type Policy struct {
	Major      int    // major version of production's Postgres; 0: unknown
	AllowEmpty bool   // a backup without rows passes
	Database   string // of a cluster that is verified by name; empty: the only one besides postgres

	MaxAge time.Duration // of the snapshot at Now; 0: any age
	Now    time.Time
	Taken  snapshot.Range // from the dump's stated time and its object
}

// Judge returns the inspect stage's findings about a backup, and a Failure if the
// backup must not be restored. broken is the error of [Scan]. If it is not nil,
// Judge returns it and no findings.
func Judge(c Contents, broken error, p Policy) ([]outcome.Finding, error) {
	if broken != nil {
		return nil, broken
	}
	found := findings(c, p)
	if err := checkParts(c, p); err != nil {
		return found, err
	}
	for _, judge := range []func(Contents, Policy) error{
		checkFormat, checkEncoding, checkArchiveReadable, checkArchiveKnown, CheckAge, checkTables, checkRows,
	} {
		if err := judge(c, p); err != nil {
			return found, err
		}
	}
	return found, nil
}

// CheckAge fails for an old dump in a new file: a backup job that uploads the same
// dump every day.
func CheckAge(c Contents, p Policy) error {
	if p.MaxAge == 0 || c.Source.TakenAt.IsZero() || !p.Taken.Known() || p.Taken.Age(p.Now) <= p.MaxAge {
		return nil
	}
	taken := p.Taken.Best().UTC().Format(time.RFC3339)
	if !p.Taken.Exact() {
		taken += " at the latest"
	}
	return outcome.Fail(outcome.BackupStale, "the file is recent, but the dump in it was taken %s; backup.max_age allows %s", taken, p.MaxAge).
		WithHint("find out why the backup job uploads an old dump: pg_dump probably fails before the upload")
}

// checkArchiveReadable fails for an archive that production's pg_restore cannot
// read. Only a restore shows whether the SQL of a newer pg_dump works.
func checkArchiveReadable(c Contents, p Policy) error {
	version, newest := c.Source.ArchiveVersion, readableArchive(p.Major)
	if version == "" || newest == 0 || archiveMinor(version) <= newest {
		return nil
	}
	return outcome.Fail(outcome.DumpTooNew, "pg_restore %d reads archives up to version 1.%d, and this one is %s%s",
		p.Major, newest, version, madeBy(c.Source))
}

// readableArchive returns the newest minor version of the archive format that the
// pg_restore of a major version reads. It returns 0 if that is unknown.
func readableArchive(major int) int {
	switch {
	case major >= 12 && major <= 15:
		return 14
	case major == 16:
		return 15
	case major == 17 || major == 18:
		return 16
	}
	return 0
}

// archiveMinor returns 14 for "1.14". For an unknown major version it returns a
// number above every minor version.
func archiveMinor(version string) int {
	const newerThanAll = 1000
	major, minor, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(minor)
	if err != nil || major != "1" {
		return newerThanAll
	}
	return n
}

func madeBy(s Source) string {
	if s.DumpVersion == "" {
		return ""
	}
	return ", created by pg_dump " + clean(s.DumpVersion)
}

// checkFormat fails for backups that may be good but that this version of drillgres
// cannot restore.
func checkFormat(c Contents, _ Policy) error {
	s := c.Source
	if s.Format == Cluster {
		return checkCluster(s)
	}
	if s.DumpCount > 1 && c.Needs.CreatesDatabase {
		return outcome.Fail(outcome.FormatUnsupported, "the file contains %d dumps that each create a database", s.DumpCount).
			WithHint("drill a pg_dump of one database, plain or custom")
	}
	return nil
}

// checkArchiveKnown fails for archives of which [Scan] reads only the version.
func checkArchiveKnown(c Contents, _ Policy) error {
	version := c.Source.ArchiveVersion
	if version == "" || knownArchive(version) {
		return nil
	}
	return outcome.Fail(outcome.FormatUnsupported, "the archive has version %s, which this version of drillgres cannot read", version).
		WithHint("use a newer drillgres, or dump with a pg_dump between 9.0 and 18")
}

// majorOf returns 15 for "15.18", 18 for "18beta1", and 0 if it is unknown.
func majorOf(version string) int {
	digits := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if digits < 0 {
		digits = len(version)
	}
	n, err := strconv.Atoi(version[:digits])
	if err != nil {
		return 0
	}
	return n
}
