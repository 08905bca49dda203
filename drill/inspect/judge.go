package inspect

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Policy is what a dump is judged by.
type Policy struct {
	Major      int  // production's; 0: not known
	AllowEmpty bool // a dump without a single row may pass

	MaxAge time.Duration // of the snapshot at Now; 0: any age
	Now    time.Time
}

// Judge is what the inspect stage says of a dump. broken is why it is no whole
// dump, as [Scan] returned it; nil if it is one.
func Judge(c Contents, broken error, p Policy) ([]outcome.Finding, error) {
	if broken != nil {
		return nil, broken
	}
	found := findings(c, p)
	for _, judge := range []func(Contents, Policy) error{unsupported, tooNew, unknownArchive, tooOld, noData} {
		if err := judge(c, p); err != nil {
			return found, err
		}
	}
	return found, nil
}

// AnyZone is how far an archive's time, which is the dumping machine's local
// time without its zone, may be off.
const AnyZone = 14 * time.Hour

// tooOld fails an old dump in a young file: a backup job that uploads
// yesterday's dump again, every day.
func tooOld(c Contents, p Policy) error {
	slack := time.Duration(0)
	if c.ArchiveVersion != "" {
		slack = AnyZone
	}
	if p.MaxAge == 0 || c.TakenAt.IsZero() || p.Now.Sub(c.TakenAt) <= p.MaxAge+slack {
		return nil
	}
	return outcome.Fail(outcome.BackupStale, "the file is young enough, but the dump in it was taken %s; backup.max_age allows %s",
		c.TakenAt.UTC().Format(time.RFC3339), p.MaxAge).
		WithHint("find out why the backup job stores an old dump again: pg_dump most likely fails before the upload")
}

// tooNew fails an archive that production's pg_restore cannot read. A plain dump
// of a newer pg_dump may well restore: only a restore tells.
func tooNew(c Contents, p Policy) error {
	reads := readableArchive(p.Major)
	if c.ArchiveVersion == "" || reads == 0 || archiveMinor(c.ArchiveVersion) <= reads {
		return nil
	}
	return outcome.Fail(outcome.DumpTooNew, "pg_restore %d reads archives up to version 1.%d, and this one is %s%s",
		p.Major, reads, c.ArchiveVersion, madeBy(c))
}

// readableArchive is the newest minor version of the archive format that the
// pg_restore of a major reads; 0: not known.
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

// archiveMinor is 14 of "1.14". A major version that does not exist yet is
// newer than anything.
func archiveMinor(version string) int {
	const beyond = 1000
	major, minor, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(minor)
	if err != nil || major != "1" {
		return beyond
	}
	return n
}

func madeBy(c Contents) string {
	if c.DumpVersion == "" {
		return ""
	}
	return ", made by pg_dump " + clean(c.DumpVersion)
}

// unsupported tells backups that may be good but that this version cannot restore.
func unsupported(c Contents, _ Policy) error {
	switch c.Format {
	case Cluster:
		return outcome.Fail(outcome.FormatUnsupported, "the backup is of a whole cluster (pg_dumpall), which this version does not restore").
			WithHint("drill a pg_dump of one database, plain or custom")
	case Tar, Directory:
		return outcome.Fail(outcome.FormatUnsupported, "the backup is in pg_dump's %s format, which this version does not restore", c.Format)
	}
	switch {
	case c.Dumps > 1 && c.CreatesDatabase:
		return outcome.Fail(outcome.FormatUnsupported, "the file holds %d dumps, each of which makes its own database", c.Dumps).
			WithHint("drill a pg_dump of one database, plain or custom")
	case c.DropsFirst:
		return outcome.Fail(outcome.FormatUnsupported, "the dump drops what an empty database does not have (pg_dump --clean without --if-exists)").
			WithHint("dump with --if-exists beside --clean, or without --clean")
	}
	return nil
}

// unknownArchive speaks for [Scan], which tells only the version of such archives.
func unknownArchive(c Contents, _ Policy) error {
	if c.ArchiveVersion == "" || knownArchive(c.ArchiveVersion) {
		return nil
	}
	return outcome.Fail(outcome.FormatUnsupported, "the archive is of version %s, which this version of drillgres does not read", c.ArchiveVersion).
		WithHint("use a newer drillgres, or dump with a pg_dump between 9.0 and 18")
}

func noData(c Contents, p Policy) error {
	if p.AllowEmpty || c.LargeObjects > 0 {
		return nil
	}
	for _, t := range c.Tables {
		if t.Rows != 0 {
			return nil
		}
	}
	if len(c.Tables) == 0 {
		return outcome.Fail(outcome.DumpNoData, "the dump is whole but holds no table")
	}
	return outcome.Fail(outcome.DumpNoData, "the dump is whole but holds no row in any of its %s", plural(len(c.Tables), "table", "tables"))
}

// majorOf is 15 of "15.18", 18 of "18beta1"; 0: not known.
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

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
