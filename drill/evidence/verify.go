package evidence

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// ErrNone is the error of Verify for a place without evidence.
var ErrNone = errors.New("it contains no evidence of a drill")

// Verifier verifies the evidence in a place with nothing but its files and public keys.
type Verifier struct {
	Store Store
	Place string // of the store, whose last part is the name of the folder if it is that of a drill or a database; empty: unknown
	Keys  []PublicKey
	Now   time.Time

	Backup []Subject // digests of one backup whose drills are asked for; empty: none
	Last   []string  // hashes of records that must be there
	Drills []Drill   // in a history, each of which must have a record; nil: no history is compared
}

// Verify verifies all evidence in the place. It fails with ErrNone if there is none, and as
// the store does.
func (v Verifier) Verify(ctx context.Context) (Report, error) {
	paths, err := v.Store.List(ctx, "")
	if err != nil {
		return Report{}, err
	}
	groups := folders(paths)
	links := linkProblems(v.Store, paths)
	if len(groups)+len(links) == 0 {
		return Report{}, ErrNone
	}
	r := Report{SchemaVersion: SchemaVersion, Valid: true, Backup: []Ref{}, Keys: []string{}, Chains: []Chain{}, Problems: append([]Problem{}, links...)}
	for _, g := range groups {
		c, matched, err := v.chain(ctx, g)
		if err != nil {
			return Report{}, err
		}
		r.Backup = append(r.Backup, matched...)
		r.Chains = append(r.Chains, c)
	}
	v.anchors(&r)
	v.compareHistory(&r)
	if len(links) == 0 && !slices.ContainsFunc(r.Chains, func(c Chain) bool { return len(c.Records)+len(c.Problems) > 0 }) {
		r.Problems = append(r.Problems, Problem{Kind: FileMissing, File: StatementFile, Message: "there is no record in it"})
	}
	if len(v.Backup) > 0 && len(r.Backup) == 0 {
		r.Problems = append(r.Problems, Problem{Kind: BackupUnknown, Message: "no valid record is about these bytes: this is not a backup that was drilled, or it was changed since"})
	}
	for _, c := range r.Chains {
		for _, ref := range c.Records {
			if !slices.Contains(r.Keys, ref.KeyID) {
				r.Keys = append(r.Keys, ref.KeyID)
			}
		}
		r.Valid = r.Valid && len(c.Problems) == 0
	}
	r.Valid = r.Valid && len(r.Problems) == 0
	r.explain(v)
	return r, nil
}

// chain verifies the folders of one database.
func (v Verifier) chain(ctx context.Context, g group) (c Chain, matched []Ref, err error) {
	all := make([]seen, len(g.runs))
	limited, ctx := errgroup.WithContext(ctx)
	limited.SetLimit(parallel)
	for i, r := range g.runs {
		limited.Go(func() error {
			s, err := v.folder(ctx, r)
			all[i] = s
			return err
		})
	}
	if err := limited.Wait(); err != nil {
		return c, nil, err
	}
	c = Chain{Database: databaseOf(g, all), Alone: g.alone, inside: g.folder == "", Records: []Ref{}, Ends: []Ref{}, Forks: []string{}, Unfinished: []string{}, Problems: []Problem{}}
	for i := range all {
		s := &all[i]
		if s.valid && s.record.Database != c.Database {
			s.fail(Misplaced, StatementFile, "it is a record of the database %s, between those of %s", s.record.Database, c.Database)
			s.valid = false
		}
		c.Problems = append(c.Problems, s.problems...)
		if s.unfinished {
			c.Unfinished = append(c.Unfinished, s.id)
		}
		if !s.valid {
			continue
		}
		c.Records = append(c.Records, s.ref)
		c.count(s.ref)
		if ref, ok := v.about(*s); ok {
			matched = append(matched, ref)
		}
	}
	v.comparePlace(&c)
	slices.SortStableFunc(c.Records, func(a, b Ref) int { return a.Number - b.Number })
	if !g.alone {
		c.link(all, v.Now)
	}
	return c, matched, nil
}

// about returns a record if it is about the backup that was asked for.
func (v Verifier) about(s seen) (Ref, bool) {
	objects, same := subjectsOf(s.record.Backup), 0
	for _, o := range objects {
		if slices.ContainsFunc(v.Backup, o.same) {
			same++
		}
	}
	s.ref.Objects = max(len(objects), len(s.record.Backup.Parts))
	return s.ref, same > 0
}

// runID is the form of the name of a drill's folder.
var runID = regexp.MustCompile(`^\d{8}-\d{6}-[0-9a-f]+$`)

// comparePlace compares the name of the folder that was asked for with its records: somebody
// may have put another one in its place. A copy may have any name.
func (v Verifier) comparePlace(c *Chain) {
	if !c.inside || len(c.Records) == 0 {
		return
	}
	database, ref := v.Place, c.Records[0]
	if c.Alone {
		switch named := path.Base(v.Place); {
		case named == ref.RunID:
		case runID.MatchString(named):
			c.Problems = append(c.Problems, Problem{Misplaced, ref.RunID, StatementFile, fmt.Sprintf("it is the record of run %s, in the folder of run %s", ref.RunID, named)})
		default:
			c.unnamed = append(c.unnamed, fmt.Sprintf("that run %s is the one that you asked for: the name of the folder is not that of a run", ref.RunID))
		}
		database = path.Dir(v.Place)
	}
	if path.Base(database) != c.Database {
		c.unnamed = append(c.unnamed, fmt.Sprintf("that %s is the database that you asked for: its folder has another name", c.Database))
	}
}

// databaseOf returns the database of a group: the name of its folder or, at the root, what
// most records state.
func databaseOf(g group, all []seen) string {
	if g.folder != "" {
		return path.Base(g.folder)
	}
	count, most := map[string]int{}, ""
	for _, s := range all {
		name := s.record.Database
		if count[name]++; s.valid && (most == "" || count[name] > count[most]) {
			most = name
		}
	}
	return most
}

func (c *Chain) count(r Ref) {
	switch r.Verdict {
	case outcome.VerdictPassed:
		c.Passed++
	case outcome.VerdictFailed:
		c.Failed++
	default:
		c.Unproved++
	}
}

// same reports whether two subjects have a digest in common.
func (s Subject) same(other Subject) bool {
	for algorithm, digest := range s.Digest {
		if other.Digest[algorithm] == digest {
			return true
		}
	}
	return false
}

// anchors looks for the records that must be there.
func (v Verifier) anchors(r *Report) {
	for _, hash := range v.Last {
		found := slices.ContainsFunc(r.Chains, func(c Chain) bool {
			return slices.ContainsFunc(c.Records, func(ref Ref) bool { return ref.SHA256 == hash })
		})
		if !found {
			r.Problems = append(r.Problems, Problem{Kind: AnchorMissing, Message: fmt.Sprintf("no valid record has the sha256 %s: it was removed or changed", words.Printable(hash, longestID))})
		}
	}
}
