package provision

import (
	"context"
	"slices"

	"github.com/drillgres/drillgres/drill/equip"
	"github.com/drillgres/drillgres/drill/extension"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// Maker makes images with more than the config's image has; see package equip.
type Maker interface {
	// Known returns the image that was last used for the database, if there is one.
	Known(ctx context.Context, base string) (equip.Image, bool)
	// Make returns an image with these extensions. Failures: image_unavailable,
	// image_build_failed, extension_unavailable.
	Make(ctx context.Context, base string, major int, extensions []string) (equip.Image, error)
	// Forget makes Known return no image for the database.
	Forget(ctx context.Context, made equip.Image) error
}

// plan is which sandbox to open.
type plan struct {
	made    equip.Image // instead of the config's image; zero: that one
	preload string      // shared_preload_libraries; empty: the image's own
	guessed bool        // the last drill had these libraries; the image may have changed since
}

// firstPlan returns the plan before the server and the dump are known: with the image and
// the libraries of the last drill.
func (p *Provisioner) firstPlan(ctx context.Context) plan {
	first := plan{preload: byLowerName(p.Config.Settings)[preloadSetting]}
	if p.Config.Build.Off {
		return first
	}
	needed := slices.Clone(p.Config.Extensions)
	if p.Maker != nil {
		if made, ok := p.Maker.Known(ctx, p.image()); ok {
			first.made = made
			needed = append(needed, made.Extensions...)
		}
	}
	if p.Preloaded != nil && first.preload == "" {
		first.preload = p.Preloaded(ctx)
		first.guessed = first.preload != ""
	}
	if first.preload == "" {
		first.preload = first.made.Preload
	}
	if first.made.Ref == "" && first.preload == "" {
		return first // the image's own list is not known, and must not be replaced
	}
	first.preload = extension.Preload(needed, first.preload)
	return first
}

// withoutGuess replaces a sandbox that did not start, if its plan was a guess.
func (p *Provisioner) withoutGuess(ctx context.Context, needs inspect.Needs, o *opening, err error) (*opening, error) {
	if err == nil || outcome.AsFailure(err).Code != outcome.ServerStartFailed || !o.plan.guessed {
		return o, err
	}
	if left := p.Abandon(ctx); len(left) > 0 {
		return o, &sandbox.LeftBehind{Err: errReplace, Things: left}
	}
	plain := *p
	plain.Preloaded = nil
	p.ahead = p.openNow(ctx, needs, plain.firstPlan(ctx))
	return await(ctx, p.ahead)
}

// equip returns a server that has what the backup needs: s, or one in another sandbox with
// an image or with libraries that s lacks. The sandbox of s is closed before an image is
// made, because it would wait beside it.
func (p *Provisioner) equip(ctx context.Context, s Server, current plan, needs inspect.Needs) (Server, error) {
	if p.Config.Build.Off {
		return s, nil
	}
	needed := p.Needed(needs)
	lacking, change := p.changeImage(current.made, needed, s.available)
	switch {
	case change == toBase:
		return p.equipBase(ctx, current.made, needs)
	case change == noChange && !isUnprepared(needed, current.preload, s.Preloaded):
		return s, nil
	}
	if left := p.Abandon(ctx); len(left) > 0 {
		return Server{}, &sandbox.LeftBehind{Err: errReplace, Things: left}
	}
	better := plan{made: current.made, preload: extension.Preload(needed, s.Preloaded)}
	if change == toMade {
		var err error
		if better.made, err = p.Maker.Make(ctx, p.image(), s.Major, lacking); err != nil {
			return Server{}, err
		}
	}
	return p.reopen(ctx, better, needs)
}

// imageChange is whether another image than that of the open sandbox is needed.
type imageChange int

const (
	noChange imageChange = iota
	toMade               // to one that has exactly the extensions that the config's image lacks
	toBase               // to the config's image
)

// changeImage returns the needed extensions that the config's image lacks, and which image has
// them. made is the image of the open sandbox, which has the available extensions; zero: the
// config's.
func (p *Provisioner) changeImage(made equip.Image, needed, available []string) (lacking []string, change imageChange) {
	lacking = made.Without(needed, available)
	isMade := made.Ref != ""
	switch needsMade := len(lacking) > 0 || len(p.Config.Build.Packages) > 0; {
	case isMade && !needsMade:
		return nil, toBase
	case p.Maker != nil && needsMade && (!isMade || !slices.Equal(lacking, made.Extensions)):
		return lacking, toMade
	}
	return lacking, noChange
}

// equipBase replaces a sandbox whose image, made for an earlier backup, has more than this one
// needs by one with the config's image: a verdict is about that.
func (p *Provisioner) equipBase(ctx context.Context, made equip.Image, needs inspect.Needs) (Server, error) {
	if left := p.Abandon(ctx); len(left) > 0 {
		return Server{}, &sandbox.LeftBehind{Err: errReplace, Things: left}
	}
	if err := p.Maker.Forget(ctx, made); err != nil {
		return Server{}, outcome.Fail(outcome.ImageBuildFailed, "%w", err)
	}
	base := *p
	base.Maker, base.Preloaded = nil, nil
	first := base.firstPlan(ctx)
	s, err := p.reopen(ctx, first, needs)
	if err != nil {
		return s, err
	}
	return p.equip(ctx, s, first, needs)
}

// reopen opens another sandbox, and examines its server.
func (p *Provisioner) reopen(ctx context.Context, next plan, needs inspect.Needs) (Server, error) {
	p.ahead = p.openNow(ctx, needs, next)
	opened, err := await(ctx, p.ahead)
	if err != nil {
		return Server{}, err
	}
	p.session = opened.takeSession(ctx)
	s := p.server(opened, needs)
	return s, p.examine(ctx, &s, needs)
}

// isUnprepared reports whether extensions need libraries that the server has not loaded,
// or settings that it was not started with. listed are the libraries that were on its
// command line, and whose settings are.
func isUnprepared(needed []string, listed, loaded string) bool {
	if len(extension.Missing(needed, loaded)) > 0 {
		return true
	}
	return slices.ContainsFunc(extension.Missing(needed, listed), func(library string) bool {
		return len(extension.SettingsFor(library, "")) > 0
	})
}

// Needed returns the extensions that the dump and the config need, sorted.
func (p *Provisioner) Needed(needs inspect.Needs) []string {
	needed := slices.Clone(p.Config.Extensions)
	for _, e := range needs.Extensions {
		needed = append(needed, e.Name)
	}
	slices.Sort(needed)
	return slices.Compact(needed)
}
