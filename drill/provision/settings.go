package provision

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/extension"
	"github.com/drillgres/drillgres/drill/outcome"
)

// The profiles of a restore.
const (
	Rehearsal = "rehearsal" // only settings that an operator could use in a real recovery
	Fast      = "fast"      // also without durability: its durations are not recovery times
)

const (
	mib = int64(1) << 20
	gib = int64(1) << 30

	defaultMemory = 4 * gib
	defaultShm    = 1 * gib
)

// sizing holds the sizes, in bytes, from which settings are computed.
type sizing struct {
	Memory, Shm int64
	Fast        bool
}

// sizing returns the sizes of the config, or their defaults.
func (p *Provisioner) sizing() sizing {
	return sizing{
		Memory: cmp.Or(int64(p.Config.Memory), defaultMemory), Shm: cmp.Or(int64(p.Config.ShmSize), defaultShm), Fast: p.Restore.Profile == Fast,
	}
}

// The server's log is in the folder logDirectory of the data directory. The server
// changes the extension of logFile to that of the log's format.
const (
	logDirectory = "log"
	logFile      = "drillgres.log"
)

// preloadSetting is the setting with the libraries that the server loads at its start.
const preloadSetting = "shared_preload_libraries"

// serverSettings returns the settings for the server's command line. The user's
// settings override the others, except those needed to read the server's log.
// Settings that depend on the major or on the CPUs follow later, when these are known.
func serverSettings(given map[string]string, size sizing, database string) map[string]string {
	user := byLowerName(given)
	settings := loadSettings(size)
	if size.Fast {
		maps.Copy(settings, map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
	}
	if needsReplicaWAL(user) {
		settings["wal_level"] = "replica"
	}
	maps.Copy(settings, extension.SettingsFor(user[preloadSetting], database))
	maps.Copy(settings, user)
	maps.Copy(settings, logSettings())
	return settings
}

// byLowerName returns the settings with lower-case names: the server ignores case.
func byLowerName(settings map[string]string) map[string]string {
	lower := make(map[string]string, len(settings))
	for name, value := range settings {
		lower[strings.ToLower(name)] = value
	}
	return lower
}

// loadSettings returns the settings that the documentation recommends for a bulk load,
// and only those that a real recovery can use too. With wal_level=minimal, a table
// that is created and filled in one transaction needs no WAL.
func loadSettings(size sizing) map[string]string {
	return map[string]string{
		"wal_level":          "minimal",
		"max_wal_senders":    "0",
		"archive_mode":       "off",
		"max_wal_size":       "4GB",
		"checkpoint_timeout": "30min",
		"shared_buffers":     inMB(clamp(size.Memory/4, 32*mib, 8*gib)),
		// One transaction may hold a lock on every object of a dump:
		// at the default of 64 a restore ends at some 12,800 tables.
		"max_locks_per_transaction": "1024",
	}
}

const (
	// fewJobs is how many jobs fit into the smallest sandbox.
	fewJobs = 4
	// perJob is the least maintenance_work_mem with which Postgres builds an index in as many
	// processes as by default: three, and each needs 32 MiB.
	perJob = 96 * mib
	// spareConnections are for the sessions besides those of the jobs: one that runs the statements in
	// their order, one that watches the size of the database, and one that checks the server.
	spareConnections = 3
)

// defaultJobs returns how many jobs load unless the config says so: one for each CPU. More than
// fewJobs must each have perJob, or else Postgres would build each index in fewer processes. Each then
// has 384 MiB of the memory; the processes of a job need some 20 MiB besides perJob.
func defaultJobs(cpus, connections int, size sizing) int {
	most := max(fewJobs, int(size.forIndexes()/perJob))
	return max(min(cpus, most, connections-spareConnections), 1)
}

// forIndexes returns the memory for the index builds of all jobs together, in bytes. It is within a
// quarter of the memory, and within /dev/shm, which parallel builds of some index types (HNSW)
// use for all of it.
func (s sizing) forIndexes() int64 { return min(s.Memory/4, s.Shm/4*3) }

// maintenanceMemory returns the memory for one index build, in bytes.
func maintenanceMemory(jobs int, size sizing) int64 {
	return clamp(size.forIndexes()/int64(jobs), 8*mib, 1*gib)
}

// logSettings returns the settings that make the log one structured file of
// errors in English. NOTICE and WARNING are not logged, because a hostile dump can
// raise them forever.
func logSettings() map[string]string {
	return map[string]string{
		"logging_collector":        "on",
		"log_directory":            logDirectory,
		"log_filename":             logFile,
		"log_rotation_age":         "0",
		"log_rotation_size":        "0",
		"log_truncate_on_rotation": "off",
		"log_min_messages":         "error",
		"log_min_error_statement":  "error",
		"log_error_verbosity":      "verbose",
		"log_checkpoints":          "off",
		"lc_messages":              "C",
	}
}

// needsReplicaWAL reports whether the user's settings prevent the server from
// starting with wal_level=minimal.
func needsReplicaWAL(user map[string]string) bool {
	senders, archive := user["max_wal_senders"], strings.ToLower(user["archive_mode"])
	return senders != "" && senders != "0" || archive == "on" || archive == "always" ||
		strings.EqualFold(user["summarize_wal"], "on")
}

// configureForLoad changes the settings that cannot be on the command line, because
// they depend on the major or on the CPUs, or are reverted after the load. Those on the command line,
// such as the user's, win over them. It waits until the server has opened its log.
func (p *Provisioner) configureForLoad(ctx context.Context, conn *pgx.Conn, s *Server) error {
	format := "csvlog"
	if s.Major >= 15 {
		format = "jsonlog"
	}
	jobs := cmp.Or(p.Restore.Jobs, s.DefaultJobs)
	statements := []string{
		"alter system set log_destination = " + format,
		"alter system set maintenance_work_mem = '" + inMB(maintenanceMemory(jobs, p.sizing())) + "'",
	}
	if _, set := byLowerName(p.Config.Settings)["autovacuum"]; !set {
		statements = append(statements, "alter system set autovacuum = off")
	}
	for _, sql := range append(statements, "select pg_reload_conf()") {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("configure the server: %s: %w", sql, err)
		}
	}
	path, err := waitForLog(ctx, conn, format)
	if err != nil {
		return err
	}
	s.Log = LogFile{Path: path, Format: format}
	return nil
}

// logWithin limits the time that the server takes to act on a reload.
const logWithin = 30 * time.Second

func waitForLog(ctx context.Context, conn *pgx.Conn, format string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, logWithin,
		outcome.Fail(outcome.ServerStartFailed, "the server opened no %s within %s", format, logWithin))
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	const sql = "select current_setting('data_directory') || '/' || pg_current_logfile($1)"
	for {
		var path *string
		if err := conn.QueryRow(ctx, sql, format).Scan(&path); err != nil {
			return "", fmt.Errorf("ask for the server's log: %w", contextCause(ctx, err))
		}
		if path != nil {
			return *path, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// contextCause returns the cause of an ended context, or else the error.
func contextCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func clamp(n, low, high int64) int64 { return max(low, min(n, high)) }

func inMB(bytes int64) string { return fmt.Sprintf("%dMB", bytes/mib) }
