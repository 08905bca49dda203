package drill

import (
	"cmp"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/layers/opensslenc"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/verify"
)

// describe builds the result from what the stages found and how they ended.
func (d Drill) describe(r *runner, e evidence, leftovers []string) outcome.Result {
	finished := d.Now()
	result := outcome.Result{
		SchemaVersion: outcome.SchemaVersion,
		Kind:          outcome.KindDrill,
		RunID:         d.RunID,
		Drillgres:     d.Version,
		Database:      d.Database,
		StartedAt:     r.started,
		FinishedAt:    finished,
		Verdict:       outcome.VerdictPassed,
		Findings:      slices.Concat(d.Noted, e.allFindings()),
		Backup:        d.describeBackup(e),
		Postgres:      d.describePostgres(e),
		Isolation:     e.server.Isolation,
		Stages:        r.reports,
		Tables:        e.verified.Tables,
		Integrity:     e.integrity(),
		Schema:        e.verified.Schema,
		Baseline:      e.verified.Baseline,
		Checks:        d.allChecks(e),
		Leftovers:     leftovers,
	}
	result.Migration = e.describeMigration(result.Checks)
	result.Times = d.times(r, e, finished)
	if e.taken.Known() {
		rpo := e.taken.Age(finished).Seconds()
		result.RPOSeconds = &rpo
	}
	d.addDetails(&result, e)
	d.judge(&result, r.failure, e.migrated.OverBudget)
	d.answer(&result, e.refused)
	return result
}

// judge sets the verdict and the exit code: those of the first failure, otherwise
// those of an exceeded budget.
func (d Drill) judge(result *outcome.Result, f, migration *outcome.Failure) {
	if f == nil {
		f = d.overBudget(result.Times)
	}
	if f == nil && migration != nil {
		named := *migration
		named.Stage = outcome.Migrate
		f = &named
	}
	if f != nil {
		fail(result, f)
	}
}

// answer sets what the result means for a release. A drill that passed, but tested
// too little for a go, becomes a failure. A run that refused a backup only because it is too
// old for the release is no drill of the database.
func (d Drill) answer(result *outcome.Result, refused bool) {
	if d.Gate == nil {
		return
	}
	answer, lacking := d.Gate.Answer(*result)
	if lacking != nil {
		fail(result, lacking)
		refused = lacking.Code == outcome.BackupStale
	}
	result.Gate = &answer
	if refused && result.Failure.Code == outcome.BackupStale {
		result.Kind, result.Verdict = outcome.KindAnswer, outcome.VerdictUnproved
	}
}

func fail(result *outcome.Result, f *outcome.Failure) {
	result.Verdict, result.ExitCode = f.Class().Verdict(), f.Class().ExitCode()
	result.Failure = f.Report()
}

func (d Drill) overBudget(t outcome.Times) *outcome.Failure {
	for _, b := range []struct {
		name  string
		stage outcome.Stage
		took  float64
		limit time.Duration
	}{
		{"budget.restore", outcome.Restore, t.Restore, d.Budget.Restore},
		{"budget.total", "", t.Total, d.Budget.Total},
	} {
		if b.limit > 0 && b.took > b.limit.Seconds() {
			f := outcome.Fail(outcome.OverBudget, "took %.1fs, but %s allows %s", b.took, b.name, b.limit)
			f.Stage = b.stage
			return f
		}
	}
	return nil
}

// allChecks returns the checks of all stages, with complete config paths: a stage
// returns paths relative to the section of its database.
func (d Drill) allChecks(e evidence) []outcome.Check {
	all := slices.Concat(e.verified.Checks, e.app.Checks, e.migrated.Checks)
	for i := range all {
		if all[i].ConfigPath != "" {
			all[i].ConfigPath = config.Path("databases", d.Database) + "." + all[i].ConfigPath
		}
	}
	return all
}

// describeMigration returns the migration with its part of all checks, which are the
// last ones.
func (e evidence) describeMigration(all []outcome.Check) *outcome.Migration {
	if e.migrated.Migration == nil {
		return nil
	}
	m := *e.migrated.Migration
	m.Checks, m.Findings = slices.Clone(all[len(all)-len(e.migrated.Checks):]), slices.Clone(e.migrated.Findings)
	return &m
}

// unauthenticated is listed under what was not proved if the backup's encryption has no
// checksum of its own.
const unauthenticated = "that no byte of the backup was changed: " + opensslenc.Unauthenticated

// integrity returns what verify has read, and what nothing could prove.
func (e evidence) integrity() outcome.Integrity {
	i := e.verified.Integrity
	if e.file.Contents.Source.Encryption() == layers.OpenSSL && e.backup.SHA256 == "" {
		i.NotProved = append(slices.Clone(i.NotProved), unauthenticated)
	}
	return i
}

func (e evidence) allFindings() []outcome.Finding {
	var all []outcome.Finding
	for _, part := range [][]outcome.Finding{
		e.backup.Findings, e.findings, e.server.Findings, e.restored.Findings, e.verified.Findings, e.app.Findings, e.migrated.Findings,
	} {
		all = append(all, part...)
	}
	return all
}

// findMissingChecksum reports a plain dump without any checksum, neither of a
// compression nor in a sidecar file. Rows lost in the middle of a COPY leave no trace
// in it.
func (e evidence) findMissingChecksum() []outcome.Finding {
	s := e.file.Contents.Source
	if s.Format != inspect.Plain || len(s.Layers) > 0 || e.backup.SHA256 != "" {
		return nil
	}
	return []outcome.Finding{{
		Code:    "checksum_missing",
		Message: "an uncompressed plain dump has no checksum: rows lost in its middle cannot be detected",
		Hint:    "compress the dump, or store its checksum in a sidecar file NAME.sha256",
	}}
}

func (d Drill) describeBackup(e evidence) outcome.Backup {
	s := e.file.Contents.Source
	if asked, ok := d.Locator.(interface{ Asked() outcome.Chosen }); ok && e.backup.Chosen == "" { // it was not looked for
		e.backup.Chosen = asked.Asked()
	}
	b := outcome.Backup{
		URI: e.backup.URI, Chosen: e.backup.Chosen, Database: databaseIn(e.file.Contents), SizeBytes: e.backup.Size, ModifiedAt: e.backup.ModifiedAt, SHA256: e.file.SHA256,
		ETag: e.backup.ETag, VersionID: e.backup.VersionID,
		Producer: e.backup.Producer, Format: string(s.Format), Layers: s.Layers, Compression: s.Compression(), Encryption: s.Encryption(), Key: s.Key, Member: s.Member, ServerVersion: s.ServerVersion, PgDumpVersion: s.DumpVersion,
		TakenBetween: e.taken.Between(),
	}
	if e.backup.Undated { // it is the time of the listing
		b.ModifiedAt = time.Time{}
	}
	if b.SizeBytes == locate.UnknownSize {
		b.SizeBytes = e.file.Size
	}
	if len(e.backup.Before) > 0 {
		b.Parts = describeParts(e)
	}
	if !s.TakenAt.IsZero() {
		b.TakenAt = e.taken.Best().UTC()
	}
	return b
}

// describeParts returns the parts of a backup of several objects, in restore order.
func describeParts(e evidence) (parts []outcome.Part) {
	for i, p := range e.backup.Before {
		part := outcome.Part{URI: p.URI, Role: p.Role, SizeBytes: p.Size}
		if i < len(e.file.Before) {
			part.SHA256 = e.file.Before[i].SHA256
		}
		parts = append(parts, part)
	}
	return append(parts, outcome.Part{URI: e.backup.URI, Role: cmp.Or(e.backup.Role, "dump"), SizeBytes: e.backup.Size, SHA256: e.file.SHA256})
}

func (d Drill) describePostgres(e evidence) outcome.Postgres {
	return outcome.Postgres{
		Image: cmp.Or(e.server.Image, d.Image), Digest: e.server.Digest, Version: e.server.Version,
		Extensions: e.verified.Extensions, Profile: d.Profile,
		Preloaded: e.server.Preloaded, MadeFrom: e.server.Made.Base, Packages: e.server.Made.PackageVersions(),
	}
}

// times sums up the durations of the stages. Recovery is how long a real recovery
// from this backup would take: fetch, restore with restore.after, and the start of the
// application. A recovery loads nothing while the backup arrives.
func (d Drill) times(r *runner, e evidence, finished time.Time) outcome.Times {
	t := outcome.Times{Total: finished.Sub(r.started).Seconds()}
	for _, s := range r.reports {
		switch s.Stage {
		case outcome.Fetch:
			t.Fetch = s.Seconds
		case outcome.Restore:
			t.Restore = s.Seconds + e.restored.Ahead
		}
	}
	if r.failure == nil {
		t.Recovery = t.Fetch + t.Restore + e.verified.AfterSeconds + e.app.ReadySeconds
	}
	return t
}

// addDetails adds to each stage the details that only it knows.
func (d Drill) addDetails(result *outcome.Result, e evidence) {
	details := map[outcome.Stage]map[string]any{
		outcome.Locate:    {"matched": e.backup.Matched},
		outcome.Fetch:     {"bytes": e.file.TotalSize()},
		outcome.Inspect:   inspectDetails(e.file.Contents),
		outcome.Provision: {"server_version": e.server.Version, "database": e.server.Database, "owner": e.server.Owner},
		outcome.Restore:   restoreDetails(e.restored),
		outcome.Verify:    verifyDetails(e.verified),
		outcome.Migrate:   {"statements": statements(e.migrated.Migration), "checks": len(e.migrated.Checks)},
		outcome.App:       {"ready_seconds": e.app.ReadySeconds, "checks": len(e.app.Checks), "role": e.app.Role},
	}
	for i, s := range result.Stages {
		if s.Status == outcome.StagePassed || s.Stage == outcome.Locate && s.Status == outcome.StageFailed {
			result.Stages[i].Details = details[s.Stage]
		}
	}
}

func inspectDetails(c inspect.Contents) map[string]any {
	tables, objects := 0, 0
	for _, p := range c.Promises {
		tables, objects = tables+len(p.Tables), objects+len(p.Objects)
	}
	return map[string]any{"format": string(c.Source.Format), "decoded_bytes": c.Source.DecodedBytes, "tables": tables, "objects": objects}
}

func restoreDetails(r restore.Restored) map[string]any {
	details := map[string]any{"jobs": r.Jobs, "phases": phases(r), "loader": r.Loader}
	if r.WhyClient != "" {
		details["why_client"] = r.WhyClient
	}
	if r.Ahead > 0 {
		details["ahead_seconds"] = r.Ahead
	}
	return details
}

func verifyDetails(v verify.Report) map[string]any {
	details := map[string]any{"tables": len(v.Tables), "checks": len(v.Checks)}
	if v.AheadSeconds > 0 {
		details["ahead_seconds"] = v.AheadSeconds
	}
	return details
}

// phases returns the seconds of each part of the restore.
func phases(r restore.Restored) map[string]float64 {
	seconds := make(map[string]float64, len(r.Phases))
	for _, p := range r.Phases {
		seconds[p.Name] += p.Seconds
	}
	return seconds
}

func statements(m *outcome.Migration) int {
	if m == nil {
		return 0
	}
	return m.StatementsTotal
}
