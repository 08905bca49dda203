package provision

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
)

// The profiles of a restore.
const (
	Rehearsal = "rehearsal" // only what an operator could do in a real recovery
	Fast      = "fast"      // also gives up durability: its durations are no recovery times
)

const (
	mib = int64(1) << 20
	gib = int64(1) << 30

	defaultMemory = 4 * gib
	defaultShm    = 1 * gib
	defaultJobs   = 4
)

// sizing is what settings are derived from; sizes in bytes.
type sizing struct {
	Memory, Shm int64
	Jobs        int // 0: defaultJobs
	Fast        bool
}

// logFile is the server log's name, to which the server gives the ending of
// its format; in the folder logDirectory of the data directory.
const (
	logDirectory = "log"
	logFile      = "drillgres.log"
)

// serverSettings are the settings for the server's command line. The user's
// win, but for those without which the server's log could not be read. What
// depends on the server's major is set later, when it is known.
func serverSettings(given map[string]string, size sizing, database string) map[string]string {
	user := byLowerName(given)
	settings := forLoading(size)
	if size.Fast {
		maps.Copy(settings, map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
	}
	if needsReplicaWAL(user) {
		settings["wal_level"] = "replica"
	}
	if loads(user["shared_preload_libraries"], "pg_cron") {
		maps.Copy(settings, quietCron(database))
	}
	maps.Copy(settings, user)
	maps.Copy(settings, forReadingTheLog())
	return settings
}

// byLowerName has the names as the server compares them.
func byLowerName(settings map[string]string) map[string]string {
	lower := make(map[string]string, len(settings))
	for name, value := range settings {
		lower[strings.ToLower(name)] = value
	}
	return lower
}

// forLoading is what the documentation advises for a bulk load, and nothing
// that a recovery in earnest could not have. With wal_level=minimal a table
// that is filled in the transaction that made it needs no WAL.
func forLoading(size sizing) map[string]string {
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
		"maintenance_work_mem":      inMB(maintenanceMemory(size)),
	}
}

// maintenanceMemory is what one index build may take. All jobs together stay
// within a quarter of the memory, and within /dev/shm, where parallel builds of
// some index types (HNSW) keep all of it.
func maintenanceMemory(size sizing) int64 {
	jobs := int64(size.Jobs)
	if jobs == 0 {
		jobs = defaultJobs
	}
	return clamp(min(size.Memory/4, size.Shm/4*3)/jobs, 8*mib, 1*gib)
}

// forReadingTheLog makes the log one structured file of errors in English. Its
// level keeps NOTICE and WARNING out, which a hostile dump can raise for ever.
func forReadingTheLog() map[string]string {
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

// quietCron lets pg_cron be restored, and keeps the restored jobs from
// running: from 1.6 on by a setting, before that because a job can't log in.
func quietCron(database string) map[string]string {
	return map[string]string{
		"cron.database_name":          database,
		"cron.launch_active_jobs":     "off",
		"cron.use_background_workers": "off",
	}
}

// needsReplicaWAL tells whether the server would refuse to start with
// wal_level=minimal, which the user did not ask to change.
func needsReplicaWAL(user map[string]string) bool {
	senders, archive := user["max_wal_senders"], strings.ToLower(user["archive_mode"])
	return senders != "" && senders != "0" || archive == "on" || archive == "always" ||
		strings.EqualFold(user["summarize_wal"], "on")
}

// configureForLoad sets what must not stand on the command line, because it
// depends on the major or is taken back after the load, and waits until the
// server has opened its log.
func configureForLoad(ctx context.Context, conn *pgx.Conn, s *Server, user map[string]string) error {
	format := "csvlog"
	if s.Major >= 15 {
		format = "jsonlog"
	}
	statements := []string{"alter system set log_destination = " + format}
	if _, set := byLowerName(user)["autovacuum"]; !set {
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

// logWithin is how long the server may take to act on a reload.
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
			return "", fmt.Errorf("ask for the server's log: %w", cause(ctx, err))
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

// cause prefers the reason why a context ended to the error that its end led to.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func loads(libraries, name string) bool {
	for l := range strings.SplitSeq(libraries, ",") {
		l = strings.Trim(strings.TrimSpace(l), `"`)
		if l == name || strings.HasSuffix(l, "/"+name) {
			return true
		}
	}
	return false
}

func clamp(n, low, high int64) int64 { return max(low, min(n, high)) }

func inMB(bytes int64) string { return fmt.Sprintf("%dMB", bytes/mib) }
