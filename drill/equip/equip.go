// Package equip makes images of Postgres with the extensions that a backup needs, by
// installing packages into a container of the configured image and committing it.
//
// No builder takes part, so the result does not depend on which one the engine has. An
// image is made once for each request and found by its tag afterwards, without a network.
package equip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/extension"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// Store holds the images of a container engine.
type Store interface {
	// Identity returns what distinguishes an image from others that have or had the
	// same name. It pulls the image if the engine does not have it. Failure:
	// image_unavailable.
	Identity(ctx context.Context, ref string) (string, error)
	// Labelled returns the images that have a label, also those without a name.
	Labelled(ctx context.Context, label string) ([]Stored, error)
	// Tag gives an image a name, which replaces an older image of that name. It
	// updates LastTagged, also if the image already has the name.
	Tag(ctx context.Context, source, name string) error
	// Untag removes a name of an image that has others. It succeeds if there is no such name.
	Untag(ctx context.Context, name string) error
	// RemoveImage removes the names of an image, and the image unless a container uses it.
	RemoveImage(ctx context.Context, s Stored) error
}

// Stored is an image on an engine.
type Stored struct {
	ID         string
	Names      []string
	Labels     map[string]string
	Size       int64 // bytes, with the layers that it shares with others
	LastTagged time.Time
}

// Workshop starts the containers in which images are made.
type Workshop interface {
	// Bench starts a container of an image, with the network that the engine gives by
	// default. The caller must close it.
	Bench(ctx context.Context, runID, ref string) (Bench, error)
}

// Bench is a container in which an image is made. Its Execer runs commands as root.
type Bench interface {
	sandbox.Execer
	// Commit makes an image of the container that differs from the container's own image
	// only in its files and in these labels.
	Commit(ctx context.Context, name string, labels map[string]string) error
	// Close removes the container and returns what it could not remove. It may be
	// called twice.
	Close(ctx context.Context) (leftovers []string)
}

// Maker makes images for one database.
type Maker struct {
	Store    Store
	Workshop Workshop
	RunID    string // the label of the container
	Database string // in its config: others may have a database of the same name
	Build    config.Build
	Turn     *semaphore.Weighted // so that a process makes one image at a time; nil: it does in any case
	Log      *slog.Logger        // nil: no log
	Within   time.Duration       // limit of making one image; 0: makeWithin
}

// makeWithin ends the making of an image that would otherwise hang.
const makeWithin = 20 * time.Minute

// Known returns the image that was last used for the database, if it was made from the
// image that base names now. It pulls base only if an image was made from it before.
func (m Maker) Known(ctx context.Context, base string) (Image, bool) {
	images, err := List(ctx, m.Store)
	if err != nil || m.Build.Off || !slices.ContainsFunc(images, func(i Image) bool { return i.Base == base }) {
		return Image{}, false
	}
	identity, err := m.Store.Identity(ctx, base)
	if err != nil {
		return Image{}, false // opening a sandbox of base reports it
	}
	pointer, err := m.pointer(identity)
	if err != nil {
		return Image{}, false // Make reports it
	}
	image := named(images, pointer)
	if image.Ref == "" {
		return Image{}, false
	}
	_ = m.Store.Tag(ctx, image.ID, pointer) // only the time of its last use is lost
	return image, true
}

// Forget makes Known return no image for the database. The image stays.
func (m Maker) Forget(ctx context.Context, made Image) error {
	pointer, err := m.pointer(made.Identity)
	if err != nil {
		return err
	}
	return m.Store.Untag(ctx, pointer)
}

// Make returns an image that has the extensions, besides all that base has. It makes the
// image unless the engine has it. With no extensions it contains only the packages of the
// config.
//
// Failures: image_unavailable, image_build_failed, extension_unavailable.
func (m Maker) Make(ctx context.Context, base string, major int, extensions []string) (Image, error) {
	wanted, err := m.wanted(ctx, base, major, extensions)
	if err != nil {
		return Image{}, err
	}
	if m.Turn != nil {
		if m.Turn.Acquire(ctx, 1) != nil {
			return Image{}, context.Cause(ctx)
		}
		defer m.Turn.Release(1)
	}
	made, err := m.find(ctx, wanted.Ref)
	if err == nil && made.Ref == "" {
		made, err = m.make(ctx, wanted)
	}
	if err != nil {
		return Image{}, err
	}
	return made, m.remember(ctx, made)
}

// Made returns the image that Make would return without making it. It returns none if Make
// would have to. Failures: those of Make.
func (m Maker) Made(ctx context.Context, base string, major int, extensions []string) (Image, error) {
	wanted, err := m.wanted(ctx, base, major, extensions)
	if err != nil {
		return Image{}, err
	}
	return m.find(ctx, wanted.Ref)
}

// wanted returns the description of the image that has the extensions, with its name.
func (m Maker) wanted(ctx context.Context, base string, major int, extensions []string) (wanted Image, err error) {
	extensions = slices.Compact(slices.Sorted(slices.Values(extensions)))
	if err := refuseNames(extensions, base, major); err != nil {
		return Image{}, err
	}
	wanted = Image{Base: base, Major: major, Extensions: extensions}
	if wanted.Identity, err = m.Store.Identity(ctx, base); err != nil {
		return Image{}, err
	}
	wanted.Ref, err = m.tag(wanted)
	return wanted, err
}

// Equip makes an image that has all the needed extensions, and the packages of the config.
// It returns none if base has them. Failures: those of Make.
func (m Maker) Equip(ctx context.Context, base string, major int, needed []string) (Image, error) {
	have, err := m.extensionsOf(ctx, base, major)
	if err != nil {
		return Image{}, err
	}
	lacking := without(needed, have)
	if len(lacking) == 0 && len(m.Build.Packages) == 0 {
		return Image{}, nil
	}
	return m.Make(ctx, base, major, lacking)
}

// extensionsOf returns the extensions that an image has.
func (m Maker) extensionsOf(ctx context.Context, base string, major int) ([]string, error) {
	bench, err := m.Workshop.Bench(ctx, m.RunID, base)
	if err != nil {
		return nil, err
	}
	a := apt{bench: bench, base: base, major: major}
	found, err := a.look(ctx)
	if left := bench.Close(ctx); len(left) > 0 {
		err = &sandbox.LeftBehind{Err: errors.Join(err, errLeft), Things: left}
	}
	return found.extensions, err
}

// errLeft is the error of a container that could not be removed.
var errLeft = errors.New("the container that made an image could not be removed")

// remember makes an image the one that Known returns.
func (m Maker) remember(ctx context.Context, made Image) error {
	pointer, err := m.pointer(made.Identity)
	if err != nil {
		return err
	}
	if err := m.Store.Tag(ctx, made.Ref, pointer); err != nil {
		return outcome.Fail(outcome.ImageBuildFailed, "name the image %s: %w", made.Ref, err)
	}
	return nil
}

// find returns the image with a name, or none.
func (m Maker) find(ctx context.Context, name string) (Image, error) {
	images, err := List(ctx, m.Store)
	if err != nil {
		return Image{}, outcome.Fail(outcome.ImageBuildFailed, "%w", err)
	}
	return named(images, name), nil
}

// named returns the image with a name, or none.
func named(images []Image, name string) Image {
	i := slices.IndexFunc(images, func(i Image) bool { return slices.Contains(i.Names, name) })
	if i < 0 {
		return Image{}
	}
	return images[i]
}

func (m Maker) make(ctx context.Context, wanted Image) (made Image, err error) {
	within := m.Within
	if within <= 0 {
		within = makeWithin
	}
	limited, cancel := context.WithTimeoutCause(ctx, within,
		outcome.Fail(outcome.ImageBuildFailed, "making an image with %s did not end within %s", wanted.describe(), within))
	defer cancel()
	m.log().Info("making an image", "base", wanted.Base, "extensions", wanted.Extensions, "packages", m.Build.Packages)
	began := time.Now()
	bench, err := m.Workshop.Bench(limited, m.RunID, wanted.Base)
	if err != nil {
		return Image{}, err
	}
	made, err = m.makeOn(limited, bench, wanted)
	if left := bench.Close(ctx); len(left) > 0 {
		err = &sandbox.LeftBehind{Err: errors.Join(err, errLeft), Things: left}
	}
	if err != nil {
		return Image{}, cause(ctx, limited, err)
	}
	m.log().Info("made an image", "image", made.Ref, "packages", made.Packages, "took", time.Since(began).Round(time.Second))
	return made, nil
}

// cause returns why err came about, if a context had ended before.
func cause(ctx, limited context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case limited.Err() != nil:
		return context.Cause(limited)
	}
	return err
}

func (m Maker) makeOn(ctx context.Context, bench Bench, wanted Image) (Image, error) {
	a := apt{bench: bench, base: wanted.Base, major: wanted.Major}
	before, err := a.look(ctx)
	if err != nil {
		return Image{}, err
	}
	if err := a.prepare(ctx, m.Build.Repository); err != nil {
		return Image{}, err
	}
	packages, err := a.choose(ctx, wanted.Extensions)
	if err != nil {
		return Image{}, err
	}
	packages = append(packages, m.Build.Packages...)
	slices.Sort(packages)
	packages = slices.Compact(packages)
	if err := a.install(ctx, packages); err != nil {
		return Image{}, err
	}
	after, err := a.look(ctx)
	if err != nil {
		return Image{}, err
	}
	if lacking := without(wanted.Extensions, after.extensions); len(lacking) > 0 {
		return Image{}, outcome.Fail(outcome.ExtensionUnavailable, "the packages %q do not contain extension %s for Postgres %d", packages, extension.Names(lacking), wanted.Major).
			WithHint("name the package that contains it in postgres.build.packages")
	}
	wanted.Provides, wanted.Preload = without(after.extensions, before.extensions), after.preload
	if wanted.Packages, err = a.versions(ctx, packages); err != nil {
		return Image{}, err
	}
	if err := a.clean(ctx); err != nil {
		return Image{}, err
	}
	if err := bench.Commit(ctx, wanted.Ref, wanted.labels()); err != nil {
		return Image{}, failed(fmt.Sprintf("commit the image %s: %v", wanted.Ref, err), "")
	}
	return m.find(ctx, wanted.Ref)
}

func (m Maker) log() *slog.Logger {
	if m.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return m.Log
}

// without returns the elements of a that are not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
