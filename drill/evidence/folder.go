package evidence

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/words"
)

// group is the folders of one database.
type group struct {
	folder string // empty: the root
	alone  bool   // the root is the folder of a drill
	runs   []run
}

// run is the folder of one drill.
type run struct {
	folder string // empty: the root
	id     string // empty: the root
	files  []string
}

// folders returns the folders that contain a file of evidence, by the folder above.
func folders(paths []string) (groups []group) {
	files := map[string][]string{}
	for _, p := range paths {
		dir := folderOf(p)
		files[dir] = append(files[dir], path.Base(p))
	}
	dirs := slices.Sorted(maps.Keys(files))
	for _, dir := range dirs {
		if over := recordAbove(dir, files); over != nil {
			files[*over] = append(files[*over], below(dir, *over, files[dir])...)
			delete(files, dir)
		}
	}
	for _, dir := range dirs {
		if !slices.ContainsFunc(files[dir], isEvidence) {
			continue
		}
		above, alone := folderOf(dir), dir == ""
		i := slices.IndexFunc(groups, func(g group) bool { return g.folder == above && g.alone == alone })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{folder: above, alone: alone})
		}
		id := path.Base(dir)
		if alone {
			id = ""
		}
		groups[i].runs = append(groups[i].runs, run{folder: dir, id: id, files: files[dir]})
	}
	return groups
}

// folderOf returns the folder of a path; "" is the root.
func folderOf(p string) string {
	if dir := path.Dir(p); dir != "." {
		return dir
	}
	return ""
}

func isEvidence(name string) bool {
	return name == ResultFile || name == TestFile || name == PageFile || name == StatementFile
}

// recordAbove returns the folder with a record that a folder is in, or nil: a drill makes no
// folder in its own.
func recordAbove(dir string, files map[string][]string) *string {
	for dir != "" {
		if dir = folderOf(dir); slices.Contains(files[dir], StatementFile) {
			return &dir
		}
	}
	return nil
}

// below returns the names of files in a folder below another, as paths from that one.
func below(dir, top string, names []string) (paths []string) {
	for _, name := range names {
		paths = append(paths, strings.TrimPrefix(strings.TrimPrefix(dir, top), "/")+"/"+name)
	}
	return paths
}

// seen is what verifying the folder of one drill showed.
type seen struct {
	id       string // of the folder
	ref      Ref
	record   Record
	valid    bool // the record can be believed
	sum      string
	unread   bool // there is something in place of the record, which could not be read
	problems []Problem

	unfinished bool // there is no record
}

func (s *seen) fail(kind Kind, file, format string, args ...any) {
	s.problems = append(s.problems, Problem{Kind: kind, RunID: s.id, File: file, Message: fmt.Sprintf(format, args...)})
}

// folder verifies the folder of one drill. It fails if its context has ended.
func (v Verifier) folder(ctx context.Context, r run) (s seen, err error) {
	s.id = r.id
	content, err := v.Store.Read(ctx, path.Join(r.folder, StatementFile))
	if errors.Is(err, fs.ErrNotExist) {
		s.unfinished = true
		return s, nil
	}
	if err != nil {
		s.unread = true
		return s, s.failRead(ctx, StatementFile, err)
	}
	s.sum = hashOf(content)
	e, err := parseEnvelope(content)
	if err != nil {
		s.fail(Malformed, StatementFile, "%v", err)
		return s, nil
	}
	keyID, invalid := e.verify(v.Keys)
	if invalid != nil {
		s.failSignature(StatementFile, keyID, invalid)
		return s, nil
	}
	parsed, err := parseRecord(e.Payload)
	if err != nil {
		s.fail(Malformed, StatementFile, "%v", err)
		return s, nil
	}
	s.record, s.valid = parsed.Predicate, true
	s.ref = refOf(s.record, s.sum, keyID)
	if s.id == "" {
		s.id = s.record.RunID
	}
	if s.record.RunID != s.id {
		s.fail(Misplaced, StatementFile, "it is the record of run %s", s.record.RunID)
		s.valid = false
		return s, nil
	}
	err = v.files(ctx, r, &s)
	return s, err
}

// failRead notes that a file could not be read. It returns an error if everything has to end.
func (s *seen) failRead(ctx context.Context, file string, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, ErrUnfit):
		s.fail(FileChanged, file, "it was replaced: %v", ErrUnfit)
	default:
		s.fail(Unreadable, file, "%v", err)
	}
	return nil
}

// longestID is how much of a key id is shown, which may be anything if no key matches.
const longestID = 64

func (s *seen) failSignature(file, keyID string, invalid error) {
	if errors.Is(invalid, errUnknownKey) {
		s.fail(KeyUnknown, file, "%v (its id is %s)", invalid, words.Printable(keyID, longestID))
		return
	}
	s.fail(SignatureInvalid, file, "%v (its id is %s)", invalid, keyID)
}

func refOf(r Record, sum, keyID string) Ref {
	ref := Ref{Database: r.Database, RunID: r.RunID, Number: r.Number, SHA256: sum, FinishedAt: r.FinishedAt, Verdict: r.Verdict, KeyID: keyID}
	if r.Failure != nil {
		ref.Code = r.Failure.Code
	}
	return ref
}

// files verifies the other files of a folder.
func (v Verifier) files(ctx context.Context, r run, s *seen) error {
	for _, name := range r.files {
		if _, named := s.record.Files[name]; !named && name != StatementFile {
			s.fail(FileUnexpected, name, "the record does not name it: it was added later")
		}
	}
	names := make([]string, 0, len(s.record.Files))
	for name := range s.record.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if name != path.Base(name) {
			s.fail(Malformed, StatementFile, "it names a file of another folder")
			continue
		}
		content, err := v.Store.Read(ctx, path.Join(r.folder, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			s.fail(FileMissing, name, "it is missing, but the record names it")
		case err != nil:
			if err := s.failRead(ctx, name, err); err != nil {
				return err
			}
		case hashOf(content) != s.record.Files[name]:
			s.fail(FileChanged, name, "it was changed: its sha256 is not the one in the record")
		case name == TestFile:
			v.testResult(content, s)
		}
	}
	return nil
}

// testResult verifies the signature of the generic statement, which tools read without the
// record.
func (v Verifier) testResult(content []byte, s *seen) {
	e, err := parseEnvelope(content)
	if err != nil {
		s.fail(Malformed, TestFile, "%v", err)
		return
	}
	if keyID, invalid := e.verify(v.Keys); invalid != nil {
		s.failSignature(TestFile, keyID, invalid)
	}
}
