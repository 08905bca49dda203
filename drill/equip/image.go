package equip

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/extension"
	"github.com/drillgres/drillgres/drill/outcome"
)

// The names of the images that are made: one by what is in them, and one by the database
// that last used them.
const (
	repository = "drillgres/postgres"
	pointers   = "drillgres/last"
)

// Label is on every image that was made, and states the format of the other labels.
const Label = "io.drillgres.image"

const (
	labelBase       = Label + ".base"
	labelIdentity   = Label + ".identity"
	labelMajor      = Label + ".major"
	labelExtensions = Label + ".extensions"
	labelProvides   = Label + ".provides"
	labelPackages   = Label + ".packages"
	labelPreload    = Label + ".preload"

	format = "1"
)

// Image is an image that was made.
type Image struct {
	Ref        string   // drillgres/postgres:15-…; empty: no image
	Base       string   // the name of the image that it was made from
	Identity   string   // what Base was at that time
	Major      int      // of Postgres
	Extensions []string // that it was made for, sorted
	Provides   []string // extensions that Base lacks, sorted: packages bring more than was asked for
	Packages   []string // that were installed: "NAME VERSION"
	Preload    string   // shared_preload_libraries of the image's own configuration

	ID       string
	Names    []string
	Size     int64 // bytes
	LastUsed time.Time
}

// PackageVersions returns the versions of the packages by their names.
func (i Image) PackageVersions() map[string]string {
	if len(i.Packages) == 0 {
		return nil
	}
	versions := map[string]string{}
	for _, p := range i.Packages {
		name, version, _ := strings.Cut(p, " ")
		versions[name] = version
	}
	return versions
}

// Without returns which of the needed extensions the image's base lacks. have are those
// that the image has.
func (i Image) Without(needed, have []string) (lacking []string) {
	for _, name := range needed {
		if !slices.Contains(have, name) || slices.Contains(i.Provides, name) {
			lacking = append(lacking, name)
		}
	}
	return lacking
}

func (i Image) describe() string {
	if len(i.Extensions) == 0 {
		return "the packages of postgres.build"
	}
	return extension.Names(i.Extensions)
}

func (i Image) labels() map[string]string {
	return map[string]string{
		Label: format, labelBase: i.Base, labelIdentity: i.Identity, labelMajor: strconv.Itoa(i.Major),
		labelExtensions: strings.Join(i.Extensions, ","), labelProvides: strings.Join(i.Provides, ","),
		labelPackages: strings.Join(i.Packages, ","), labelPreload: i.Preload,
	}
}

// List returns the images that were made, by name. Those without a name were replaced.
func List(ctx context.Context, s Store) ([]Image, error) {
	stored, err := s.Labelled(ctx, Label+"="+format)
	if err != nil {
		return nil, fmt.Errorf("list the images that drillgres made: %w", err)
	}
	images := make([]Image, len(stored))
	for n, one := range stored {
		images[n] = imageOf(one)
	}
	slices.SortFunc(images, func(a, b Image) int { return cmp.Or(strings.Compare(a.Ref, b.Ref), strings.Compare(a.ID, b.ID)) })
	return images, nil
}

func imageOf(s Stored) Image {
	i := Image{
		Base: s.Labels[labelBase], Identity: s.Labels[labelIdentity],
		Extensions: split(s.Labels[labelExtensions]), Provides: split(s.Labels[labelProvides]), Packages: split(s.Labels[labelPackages]),
		Preload: s.Labels[labelPreload], ID: s.ID, Names: s.Names, Size: s.Size, LastUsed: s.LastTagged,
	}
	i.Major, _ = strconv.Atoi(s.Labels[labelMajor]) // 0 for a label of somebody else
	for _, name := range s.Names {
		if strings.HasPrefix(name, repository+":") {
			i.Ref = name
		}
	}
	return i
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// unusedFor is how long an image is kept after its last use.
const unusedFor = 30 * 24 * time.Hour

// Sweep removes the images that were not used for 30 days, and those that a newer image
// has replaced. It returns what it removed, and what it kept.
func Sweep(ctx context.Context, s Store, now time.Time) (removed []string, kept []Image, err error) {
	images, err := List(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	for _, i := range images {
		if i.Ref != "" && now.Sub(i.LastUsed) < unusedFor {
			kept = append(kept, i)
			continue
		}
		// An image in use stays, and is removed by a later sweep.
		if s.RemoveImage(ctx, Stored{ID: i.ID, Names: i.Names, Labels: map[string]string{Label: format}}) == nil {
			removed = append(removed, fmt.Sprintf("image %s, last used %s", cmp.Or(i.Ref, i.ID), i.LastUsed.UTC().Format(time.DateOnly)))
		}
	}
	return removed, kept, nil
}

// tag returns the name of an image: a hash of all that determines its content, except
// that the versions of packages are those at the time when it is made.
func (m Maker) tag(i Image) (string, error) {
	hash, err := m.hash(i.Identity, strconv.Itoa(i.Major), strings.Join(i.Extensions, "\x00"))
	return fmt.Sprintf("%s:%d-%s", repository, i.Major, hash), err
}

// pointer returns the name of the image that was last used for the database.
func (m Maker) pointer(identity string) (string, error) {
	hash, err := m.hash(identity, m.Database)
	return pointers + ":" + hash, err
}

// hash returns a hash of the config's build section and other texts. Failure:
// config_invalid if the key of the repository cannot be read.
func (m Maker) hash(texts ...string) (string, error) {
	h := sha256.New()
	add := func(text string) { _, _ = fmt.Fprintf(h, "%d:%s\n", len(text), text) } // a hash never fails
	for _, text := range texts {
		add(text)
	}
	for _, p := range slices.Sorted(slices.Values(m.Build.Packages)) {
		add(p)
	}
	if r := m.Build.Repository; r != nil {
		key, err := readKey(r)
		if err != nil {
			return "", err
		}
		for _, text := range append([]string{string(r.URL), r.Suite, string(key)}, r.Components...) {
			add(text)
		}
	}
	const digits = 16
	return hex.EncodeToString(h.Sum(nil))[:digits], nil
}

// refuseNames returns a failure for names from a dump that no package can contain.
func refuseNames(extensions []string, base string, major int) error {
	odd := slices.DeleteFunc(slices.Clone(extensions), extension.CanBePackaged)
	if len(odd) == 0 {
		return nil
	}
	return outcome.Fail(outcome.ExtensionUnavailable, "image %s lacks extension %s, which is not a name that a package of Postgres %d can contain", base, extension.Names(odd), major).
		WithHint("find out what created an extension of this name in production")
}

const maxKey = 1 << 20

func readKey(r *config.Repository) ([]byte, error) {
	key, err := os.ReadFile(string(r.Key))
	switch {
	case err != nil:
		return nil, outcome.Fail(outcome.ConfigInvalid, "postgres.build.repository.key: %w", err)
	case len(key) == 0 || len(key) > maxKey:
		return nil, outcome.Fail(outcome.ConfigInvalid, "postgres.build.repository.key: %s is not a public key", string(r.Key))
	}
	return key, nil
}
