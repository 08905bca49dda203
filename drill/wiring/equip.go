package wiring

import (
	"context"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/equip"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
)

// Equip makes the image that a drill of a database's newest backup needs, unless the engine
// has it. It reads the backup to its end, as a drill does: only then all extensions are
// known. It returns no image if that of the config has them all.
func (w *Wiring) Equip(ctx context.Context, db *config.Database) (equip.Image, error) {
	if db.Postgres.Build.Off {
		return equip.Image{}, outcome.Fail(outcome.ConfigInvalid, "postgres.build of %s is off", db.Name).WithHint("set postgres.build of %s to auto", db.Name)
	}
	d, err := w.Drill(db, DrillOptions{Backup: Latest})
	if err != nil {
		return equip.Image{}, err
	}
	defer d.CleanUp(ctx)
	image, err := w.equip(ctx, d, db)
	return image, Redacted(db, err)
}

func (w *Wiring) equip(ctx context.Context, d drill.Drill, db *config.Database) (equip.Image, error) {
	engine, err := w.Engine(ctx)
	if err != nil {
		return equip.Image{}, err
	}
	needs, err := needsOf(ctx, d, db)
	if err != nil {
		return equip.Image{}, err
	}
	server := provision.Provisioner{RunID: d.RunID, Database: db.Name, Config: db.Postgres}
	return w.maker(engine, &server).Equip(ctx, string(db.Postgres.Image), majorOf(db), server.Needed(needs))
}

// needsOf reads the newest backup to its end, each step within the deadline of its stage.
func needsOf(ctx context.Context, d drill.Drill, db *config.Database) (inspect.Needs, error) {
	backup, err := within(ctx, drill.Deadlines[outcome.Locate], d.Locator.Locate)
	if err != nil {
		return inspect.Needs{}, err
	}
	file, err := within(ctx, drill.Deadlines[outcome.Fetch], func(ctx context.Context) (fetch.File, error) { return d.Fetcher.Fetch(ctx, backup, nil) })
	if err == nil {
		err = file.Broken
	}
	if err != nil {
		return inspect.Needs{}, err
	}
	contents, err := file.Contents.ForDatabase(db.Backup.Database)
	return contents.Needs, err
}

func within[T locate.Backup | fetch.File](ctx context.Context, limit time.Duration, do func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, outcome.Fail(outcome.SourceUnreachable, "the backup could not be read within %s", limit))
	defer cancel()
	return do(ctx)
}

// Images returns the images that were made on an engine, by name.
func Images(ctx context.Context, engine *docker.Engine) ([]equip.Image, error) {
	images, err := equip.List(ctx, engine)
	return slices.DeleteFunc(images, func(i equip.Image) bool { return i.Ref == "" }), err
}
