package doctor

import (
	"context"
	"fmt"
	"os"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

// askRoom says what a drill without a config would have.
func (x *examination) askRoom() (found []Answer) {
	if x.engine == nil {
		return nil
	}
	server, _ := wiring.MemoryOf(nil, x.about.Memory)
	found = append(found, ok("memory", "a sandbox gets %s of the engine's %s", words.Size(server), words.Size(x.about.Memory)))
	if free, known := x.freeInRoot(); known {
		found = append(found, ok("engine's disk", "%s free for images and restored databases", words.Size(free)))
	}
	return found
}

// freeInRoot returns the free bytes where an engine on this machine stores everything.
func (x *examination) freeInRoot() (int64, bool) {
	// A socket may lead to a virtual machine, whose directories are not this machine's.
	if name, err := os.Hostname(); err != nil || !x.about.Local || name != x.about.Name {
		return 0, false
	}
	return fetch.FreeSpace(x.about.RootDir)
}

// estimate is the size of a restored database, in bytes.
type estimate struct {
	least, most int64  // 0: unknown
	from        string // where it comes from
}

// The restored size of a database, with its indexes, in relation to its backup as it is
// stored. docs/sizing.md explains the numbers.
const (
	mostCompressed = 15
	mostPlain      = 2.5
	leastPlain     = 0.5

	emptyCluster = 64 << 20 // bytes of a new server with its first WAL
)

// estimate returns the size that the restored database will have: that of the last verified
// drill, in relation to the backups, or else a wide range.
func (x *examination) estimate(ctx context.Context, db *config.Database, b backup) estimate {
	if b.size == 0 {
		return estimate{}
	}
	if last, then := x.lastSize(ctx, db); last > 0 {
		now := int64(float64(last) * float64(b.size) / float64(then))
		return estimate{now + emptyCluster, now + emptyCluster, "by the last verified drill"}
	}
	least, most := leastPlain, mostPlain
	s := b.Contents.Source
	if s.Compression() != "" || s.Format == inspect.Custom || s.Format == inspect.Directory {
		least, most = 1, mostCompressed
	}
	size := float64(b.size)
	return estimate{int64(size*least) + emptyCluster, int64(size*most) + emptyCluster, "an estimate from the size of the backup"}
}

// lastSize returns the size of the database of the last verified drill, and of its backup.
// They are 0 if there was none.
func (x *examination) lastSize(ctx context.Context, db *config.Database) (restored, stored int64) {
	if x.history == nil {
		return 0, 0
	}
	const enough = 20 // drills, some of which may have failed
	past, err := x.history.List(ctx, record.Filter{Database: db.Name, Limit: enough})
	if err != nil {
		return 0, 0 // askHistory reports it
	}
	for _, r := range past {
		if r.Verdict != outcome.VerdictPassed || r.Backup.SizeBytes <= 0 {
			continue
		}
		for _, t := range r.Tables {
			restored += t.Bytes
		}
		stored = r.Backup.SizeBytes
		for _, p := range r.Backup.Parts {
			stored += p.SizeBytes
		}
		if len(r.Backup.Parts) > 0 {
			stored -= r.Backup.SizeBytes // the dump is one of the parts
		}
		return restored, stored
	}
	return 0, 0
}

// text describes the estimate for a person.
func (e estimate) text() string {
	if e.most == 0 {
		return "an unknown size"
	}
	least, most := words.Size(e.least), words.Size(e.most)
	if least == most {
		return fmt.Sprintf("about %s restored (%s)", most, e.from)
	}
	return fmt.Sprintf("%s to %s restored (%s)", least, most, e.from)
}

// askMemory compares the limits of the containers with the engine's memory.
func (x *examination) askMemory(ctx context.Context, db *config.Database, b backup) []Answer {
	const what = "memory"
	if x.engine == nil {
		return nil
	}
	has := x.about.Memory
	server, others := wiring.MemoryOf(db, has)
	text := fmt.Sprintf("Postgres may use %s of the engine's %s", words.Size(server), words.Size(has))
	if others > 0 {
		text = fmt.Sprintf("Postgres may use %s, the application and its services %s, of the engine's %s", words.Size(server), words.Size(others), words.Size(has))
	}
	if db.Restore.Profile == provision.Fast {
		if e := x.estimate(ctx, db, b); e.least > server/2 {
			return []Answer{wrong(what, outcome.Fail(outcome.SandboxDiskFull, "restore.profile is fast, so the data is in half of postgres.memory, %s; the backup has %s", words.Size(server/2), e.text()).
				WithHint("raise postgres.memory, or remove restore.profile"))}
		}
	}
	switch {
	case server > has:
		return []Answer{wrong(what, outcome.Fail(outcome.SandboxOutOfMemory, "postgres.memory is %s, and the engine has %s", words.Size(server), words.Size(has)).
			WithHint("set postgres.memory to %dMiB or less, or drill on a larger machine", has/4*3>>20))}
	case server+others > has:
		return []Answer{note(what, text+": together more than it has", "set app.memory to what the application needs, so that both fit")}
	}
	return []Answer{ok(what, "%s", text)}
}

// askDisks compares the free space with the newest backup.
func (x *examination) askDisks(ctx context.Context, db *config.Database, b backup) (found []Answer) {
	if x.private != nil && b.Backup.Source != nil {
		found = append(found, x.judgeWork(b)...)
	}
	if l := x.lookAt(ctx, db); x.engine != nil && db.Restore.Profile != provision.Fast {
		free, known := l.free, l.total > 0
		if !known {
			free, known = x.freeInRoot()
		}
		if known {
			found = append(found, judgeVolumes(free, l.total, x.copied(b), x.estimate(ctx, db, b)))
		}
	}
	return found
}

// judgeWork judges the space for the fetched backup.
func (x *examination) judgeWork(b backup) []Answer {
	const what = "disk for the backup"
	free, known := fetch.FreeSpace(x.private.Shared)
	if !known || b.size == 0 {
		return nil
	}
	need := b.size
	if _, local := b.Backup.Source.(locate.LocalPath); local {
		need = 0 // it is read in place
	}
	if err := (fetch.Fetcher{Dir: x.private.Shared, Limit: int64(x.Config.Work.Limit)}).CheckSpace(need); err != nil {
		return []Answer{wrong(what, err)}
	}
	if unpacks(b.Contents.Source) {
		need += b.size
	}
	switch {
	case need == 0:
		return []Answer{ok(what, "%s free; a local backup is read in place", words.Size(free))}
	case need > free:
		return []Answer{note(what, fmt.Sprintf("%s free; pg_restore needs an unpacked copy of this backup too, which makes at least %s", words.Size(free), words.Size(need)),
			"free space in work.dir, or move it")}
	}
	return []Answer{ok(what, "%s free, %s needed", words.Size(free), words.Size(need))}
}

// unpacks reports whether a drill writes a second copy of the backup for pg_restore, which
// must seek in it.
func unpacks(s inspect.Source) bool {
	return s.Format == inspect.Custom && len(s.Layers) > 0 || s.Format == inspect.Directory
}

// copied returns the bytes of the backup that are copied to a volume of the engine.
func (x *examination) copied(b backup) int64 {
	if x.about.Local || b.Contents.Source.Format != inspect.Custom {
		return 0
	}
	return b.size
}

// judgeVolumes judges the space for the restored database. total is that of the disk; 0:
// unknown.
func judgeVolumes(free, total, copied int64, e estimate) Answer {
	const what = "engine's disk"
	usable := free - docker.Reserve(total) - copied
	switch {
	case usable <= e.least: // also if nothing is known of the database
		return wrong(what, outcome.Fail(outcome.SandboxDiskFull, "%s free, of which a sandbox leaves %s; the backup has %s", words.Size(free), words.Size(docker.Reserve(total)), e.text()))
	case e.most == 0:
		return ok(what, "%s free", words.Size(free))
	case usable < e.most:
		return note(what, fmt.Sprintf("%s free, which may be too little: %s", words.Size(free), e.text()), "free space where the container engine keeps its volumes (docker system df), or watch the first drill")
	}
	return ok(what, "%s free, %s", words.Size(free), e.text())
}
