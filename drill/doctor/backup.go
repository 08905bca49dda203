package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

// backup is what is known of a database's newest backup.
type backup struct {
	wiring.Examined
	answers []Answer
	size    int64 // of all parts, as they are stored; 0: unknown
}

// examineBackup checks the newest backup, as drillgres check does: it reads the first bytes.
func (x *examination) examineBackup(ctx context.Context, db *config.Database) (b backup) {
	var err error
	if b.Examined, err = wiring.Examine(ctx, x.Config, db, x.Options.Options); err != nil {
		b.answers = []Answer{wrong("source", err)}
		return b
	}
	b.size = sizeOf(b.Backup)
	b.answers = append(x.judgeSource(b), x.askSourceClock(b.Backup)...)
	if b.failedIn(outcome.Locate) {
		return b
	}
	b.answers = append(b.answers, judgeKeys(db, b)...)
	b.answers = append(b.answers, judgeDump(db, b)...)
	return b
}

func sizeOf(b locate.Backup) int64 {
	total := b.Size
	for _, p := range b.Before {
		total += p.Size
	}
	return max(total, 0) // the size of a stream is unknown
}

// failedIn reports whether the check failed in a stage.
func (b backup) failedIn(s outcome.Stage) bool {
	return b.Result.Failure != nil && b.Result.Failure.Stage == s
}

func (x *examination) judgeSource(b backup) []Answer {
	if b.failedIn(outcome.Locate) {
		return []Answer{wrong("source", reported(b.Result.Failure))}
	}
	size, age := "size unknown before it is read", ""
	if b.size > 0 {
		size = words.Size(b.size)
	}
	if !b.Backup.Undated {
		age = words.Span(x.Now().Sub(b.Backup.ModifiedAt)) + " old"
	}
	found := []Answer{ok("source", "%s", words.Join(", ", b.Backup.URI, fmt.Sprintf("newest of %s", words.Number(b.Backup.Matched)), size, age))}
	for _, f := range b.Result.Findings {
		found = append(found, note("source", f.Message, f.Hint))
	}
	return found
}

// judgeKeys says whether a key of the config opens the backup.
func judgeKeys(db *config.Database, b backup) (found []Answer) {
	const what = "key"
	f := b.Result.Failure
	if f != nil && slices.Contains([]outcome.Code{outcome.KeyMissing, outcome.KeyWrong}, f.Code) {
		return []Answer{wrong(what, reported(f))}
	}
	source := b.Contents.Source
	switch {
	case source.Key != "":
		found = append(found, ok(what, "%s opens the newest backup (%s)", source.Key, source.Encryption()))
	case source.Encryption() == "" && len(db.Backup.Keys) > 0 && f == nil:
		found = append(found, note(what, "the newest backup is not encrypted, although there are backup.keys", "find out whether the backups should be encrypted, or remove backup.keys"))
	}
	for _, f := range b.Keys.Findings {
		found = append(found, note(what, f.Message, f.Hint))
	}
	for _, kind := range slices.Sorted(maps.Keys(b.Keys.Unusable)) {
		for _, why := range b.Keys.Unusable[kind] {
			found = append(found, note(what, why, "correct backup.keys"))
		}
	}
	return found
}

// judgeDump says what the beginning of the backup shows of the dump in it.
func judgeDump(db *config.Database, b backup) []Answer {
	const what = "dump"
	f, source := b.Result.Failure, b.Contents.Source
	switch {
	case f != nil && slices.Contains([]outcome.Code{outcome.KeyMissing, outcome.KeyWrong}, f.Code):
		return nil
	case f != nil:
		return []Answer{wrong(what, reported(f))}
	case source.Format == "":
		return []Answer{note(what, "its beginning does not show its format", "run drillgres inspect on the backup, which reads it to its end")}
	}
	found := []Answer{ok(what, "%s", dumpText(source))}
	if major := provision.Major(source.ServerVersion); major != 0 && fmt.Sprint(major) != db.Postgres.Version {
		found = append(found, note(what, fmt.Sprintf("it was taken from Postgres %s, and postgres.version is %s", source.ServerVersion, db.Postgres.Version),
			"set postgres.version to production's major, unless the drill rehearses an upgrade"))
	}
	return append(found, askPrograms(append([]string{}, source.Layers...))...)
}

func dumpText(s inspect.Source) string {
	form := string(s.Format)
	for _, layer := range slices.Backward(s.Layers) {
		form += " in " + layer
	}
	by, from := "", ""
	if s.DumpVersion != "" {
		by = "by pg_dump " + s.DumpVersion
	}
	if s.ServerVersion != "" {
		from = "from Postgres " + s.ServerVersion
	}
	return words.Join(", ", form, strings.TrimSpace(by+" "+from))
}
