package doctor

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/equip"
	"github.com/drillgres/drillgres/drill/extension"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

// look is what a look at an image of Postgres showed.
type look struct {
	image docker.Image
	has   bool // the engine has the image
	equip.Found
	free, total int64 // bytes of the disk with the engine's volumes; total 0: unknown
	err         error
}

// lookAt looks at the database's image of Postgres, once for all databases that have it.
func (x *examination) lookAt(ctx context.Context, db *config.Database) look {
	key := string(db.Postgres.Image) + "\x00" + db.Postgres.Version
	l, known := x.looks[key]
	if !known && x.engine != nil {
		l = x.lookNow(ctx, string(db.Postgres.Image), majorOf(db))
		x.looks[key] = l
	}
	return l
}

func majorOf(db *config.Database) int {
	major, _ := strconv.Atoi(db.Postgres.Version) // checked when the config was loaded
	return major
}

func (x *examination) lookNow(ctx context.Context, ref string, major int) (l look) {
	l, l.err = ask(ctx, x, engineLimit, func(ctx context.Context, e *docker.Engine) (look, error) { return find(ctx, e, ref) })
	if l.err != nil || !l.has {
		return l
	}
	inside, err := ask(ctx, x, startLimit, func(ctx context.Context, e *docker.Engine) (inside look, err error) {
		bench, err := e.Bench(ctx, x.run, ref)
		if err != nil {
			return inside, err
		}
		defer bench.Close(ctx) // what stays has a label, and the next sweep removes it
		if inside.Found, err = equip.Inspect(ctx, bench, ref, major); err != nil {
			return inside, err
		}
		inside.free, inside.total, _ = docker.Space(ctx, bench, l.image.DataDir) // an image without that directory or df: unknown
		return inside, nil
	})
	inside.image, inside.has, inside.err = l.image, l.has, err
	return inside
}

// find looks for an image on the engine.
func find(ctx context.Context, e *docker.Engine, ref string) (l look, err error) {
	l.image, l.has, err = e.Image(ctx, ref)
	return l, err
}

// askImages says which images of a drill the engine has, and whether they fit.
func (x *examination) askImages(ctx context.Context, db *config.Database) (found []Answer) {
	if x.engine == nil {
		return []Answer{note("images", "not examined, and neither are extensions, memory and the engine's disk: the engine does not answer", "")}
	}
	l := x.lookAt(ctx, db)
	var absent []string
	if found = append(found, x.judgeServer(db, l)); l.err == nil && !l.has {
		found, absent = nil, []string{string(db.Postgres.Image)}
	}
	for _, ref := range wiring.ImagesOf(db)[1:] {
		if x.engine == nil {
			break
		}
		other, err := ask(ctx, x, engineLimit, func(ctx context.Context, e *docker.Engine) (look, error) { return find(ctx, e, ref) })
		switch {
		case err != nil:
			found = append(found, wrong("image", err))
		case !other.has:
			absent = append(absent, ref)
		default:
			found = append(found, x.judgePlatform(other.image, ""))
		}
	}
	if len(absent) > 0 {
		found = append(found, note("image", fmt.Sprintf("%s %s not on the engine: the first drill pulls %s",
			words.List(absent, len(absent)), words.Noun(len(absent), "is", "are"), words.Noun(len(absent), "it", "them")), "run docker pull there now, if the engine will have no network during the drill"))
	}
	return found
}

// judgeServer judges the image of Postgres.
func (x *examination) judgeServer(db *config.Database, l look) Answer {
	const what = "image"
	ref, version := string(db.Postgres.Image), l.Version
	if version == "" && l.image.Major != 0 {
		version = strconv.Itoa(l.image.Major)
	}
	major := provision.Major(version)
	switch {
	case l.err != nil && (!l.has || x.engine == nil):
		return wrong(what, l.err)
	case major != 0 && major != majorOf(db):
		return wrong(what, provision.WrongMajor(ref, version, db.Postgres.Version))
	case l.err != nil:
		return note(what, fmt.Sprintf("%s is on the engine, and could not be looked into: %v", ref, l.err), "run docker run --rm --entrypoint sh "+ref+" to see whether a container of it starts")
	case version == "":
		return x.judgePlatform(l.image, "a Postgres of unknown version")
	}
	return x.judgePlatform(l.image, "Postgres "+version)
}

// judgePlatform describes an image, and compares its platform with the engine's.
func (x *examination) judgePlatform(image docker.Image, runs string) Answer {
	const digits = len("sha256:") + 12
	text := words.Join(", ", image.Ref, runs, image.OS+"/"+image.Arch, image.Identity[:min(digits, len(image.Identity))])
	if image.Arch != "" && goArch(image.Arch) != goArch(x.about.Arch) {
		return note("image", text+fmt.Sprintf(": the engine's machine is %s, and emulates it slowly if at all", x.about.Arch), "use an image for "+goArch(x.about.Arch))
	}
	return ok("image", "%s", text)
}

// goArch returns the name that images have for an architecture. Engines use the kernel's.
func goArch(name string) string {
	if known := map[string]string{"x86_64": "amd64", "aarch64": "arm64"}[name]; known != "" {
		return known
	}
	return name
}

// askExtensions says whether the image has the extensions that the config and the beginning
// of the backup need, and otherwise where a drill gets them.
func (x *examination) askExtensions(ctx context.Context, db *config.Database, b backup) []Answer {
	const what = "extensions"
	l := x.lookAt(ctx, db)
	if major := provision.Major(l.Version); x.engine == nil || !l.has || l.err != nil || major != 0 && major != majorOf(db) {
		return nil // askImages reports it
	}
	server := provision.Provisioner{Config: db.Postgres}
	needed := without(server.Needed(b.Contents.Needs), []string{"plpgsql"})
	lacking := without(needed, l.Extensions)
	switch {
	case len(needed) == 0 && len(db.Postgres.Build.Packages) == 0:
		return []Answer{ok(what, "none needed, as far as the config and the beginning of the backup show")}
	case l.Extensions == nil:
		return []Answer{note(what, "needed: "+extension.Names(needed)+"; where the image has its extensions is unknown", "")}
	case len(lacking) == 0 && len(db.Postgres.Build.Packages) == 0:
		return []Answer{ok(what, "%s: the image has %s", extension.Names(needed), words.Noun(len(needed), "it", "all of them"))}
	case db.Postgres.Build.Off:
		return []Answer{wrong(what, server.Lacks(string(db.Postgres.Image), lacking, majorOf(db)))}
	case l.Closed != nil:
		return []Answer{wrong(what, l.Closed)}
	}
	return []Answer{x.askMade(ctx, db, lacking)}
}

// askMade says whether an image with the lacking extensions was made already.
func (x *examination) askMade(ctx context.Context, db *config.Database, lacking []string) Answer {
	const what = "extensions"
	made, err := ask(ctx, x, engineLimit, func(ctx context.Context, e *docker.Engine) (equip.Image, error) {
		return wiring.MakerOf(x.Config, db.Name, db.Postgres.Build, e).Made(ctx, string(db.Postgres.Image), majorOf(db), lacking)
	})
	wanted := words.Join(", ", extension.Names(lacking), strings.Join(db.Postgres.Build.Packages, ", "))
	lacks := fmt.Sprintf("%s lacks %s", db.Postgres.Image, wanted)
	switch nowhere := unpackaged(lacking, majorOf(db)); {
	case err != nil:
		return wrong(what, err)
	case made.Ref != "":
		return ok(what, "%s; %s, made before, has %s", lacks, made.Ref, words.Noun(len(lacking), "it", "them"))
	case len(nowhere) > 0:
		return note(what, fmt.Sprintf("%s, and no package is known that has %s: a drill asks the package index", lacks, extension.Names(nowhere)), extension.WhereToGet(nowhere, majorOf(db)))
	}
	return note(what, lacks+": the first drill makes an image that has "+words.Noun(len(lacking), "it", "them")+", in a minute or two and with a network", "run drillgres image "+db.Name+" to make it now")
}

// unpackaged returns the extensions for which the table knows no package.
func unpackaged(names []string, major int) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		e, _ := extension.Find(name)
		return len(e.PackagesFor(major)) > 0
	})
}

// without returns the elements of a that are not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
