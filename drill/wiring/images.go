package wiring

import (
	"context"
	"slices"

	"github.com/drillgres/drillgres/drill/config"
)

// imagesToRenew returns the images of a drill whose tags are compared with the
// registry's before it: with images.pull always all of them, and for a gate by default
// those that it judges.
func imagesToRenew(cfg *config.Config, db *config.Database, gate bool) []string {
	all := cfg.Images.Pull == config.PullAlways
	if !all && (!gate || cfg.Images.Pull == config.PullMissing) {
		return nil
	}
	return imagesOf(db, all)
}

// ImagesOf returns the images of a drill, that of Postgres first.
func ImagesOf(db *config.Database) []string { return imagesOf(db, true) }

// imagesOf returns the images of a drill: all of them, or those that a gate judges.
func imagesOf(db *config.Database, all bool) []string {
	var images []string
	add := func(image config.Text) {
		if image != "" && !slices.Contains(images, string(image)) {
			images = append(images, string(image))
		}
	}
	if all {
		add(db.Postgres.Image)
	}
	if db.App != nil {
		add(db.App.Image)
		if Rehearses(db) {
			add(db.App.Candidate)
		}
		for _, name := range sortedServices(db.App) {
			if all {
				add(db.App.Services[name].Image)
			}
		}
	}
	if Rehearses(db) {
		add(db.Migrate.Image)
	}
	return images
}

func (w *Wiring) renewImages(ctx context.Context, images []string) error {
	if len(images) == 0 {
		return nil
	}
	engine, err := w.Engine(ctx)
	if err != nil {
		return err
	}
	for _, image := range images {
		if err := engine.Renew(ctx, image); err != nil {
			return err
		}
	}
	return nil
}
