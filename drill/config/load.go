package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/redact"
)

// maxFile is the largest config file in bytes: larger than any that a person writes.
const maxFile = 1 << 20

// Reader reads config files.
type Reader struct {
	Getenv    func(name string) (string, bool) // looks up environment variables
	Sources   place.Kinds                      // of backup.from
	Histories place.Kinds                      // of record.history
	Evidence  place.Kinds                      // of evidence.to
	Chats     place.Kinds                      // of notify.url
}

// Load reads the config file at path. It returns Errors if the file is invalid; any
// other error means that it could not be read.
func (r Reader) Load(path string) (*Config, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	return r.Parse(path, data)
}

// readFile returns the content of a file, or the beginning of one that is too large.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // opened for reading only
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// Parse is Load for a file that was read already. name is its path, from whose
// directory relative paths start.
func (r Reader) Parse(name string, data []byte) (*Config, error) {
	l := r.newLoader(name)
	sum := sha256.Sum256(data)
	c := &Config{File: name, Dir: l.dir, SHA256: hex.EncodeToString(sum[:])}
	if root := l.document(data); root != nil {
		top := &path{}
		l.value(root, top, reflect.ValueOf(c).Elem(), false)
		l.check(top, c)
	}
	if len(l.problems) > 0 {
		return nil, l.problems.sorted()
	}
	or(&c.Record.History, defaultHistory)
	c.setDefaults()
	l.setNotifyDefaults(&path{}, c)
	c.secrets, c.lines, c.references = l.secrets, l.lines(), l.references
	return c, nil
}

// loader decodes one file into a Config and collects its problems.
type loader struct {
	Reader
	file, dir string
	places    map[string]*yaml.Node // the node of each path
	unusable  map[string]bool       // paths whose value could not be decoded
	reported  map[string]bool       // paths that have a problem
	problems  Errors
	secrets   []redact.Secret

	references map[string][]Reference // of each path
}

func (r Reader) newLoader(name string) *loader {
	return &loader{
		Reader:   r,
		file:     name,
		dir:      filepath.Dir(name),
		places:   map[string]*yaml.Node{},
		unusable: map[string]bool{},
		reported: map[string]bool{},

		references: map[string][]Reference{},
	}
}

// document returns the content of the only document in data, or nil if it cannot be
// used.
func (l *loader) document(data []byte) *yaml.Node {
	if len(data) > maxFile {
		l.addAt(0, 0, "", fmt.Sprintf("is larger than %s", Size(maxFile)))
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := parseNode(dec, &doc); errors.Is(err, io.EOF) {
		l.addAt(0, 0, "", "is empty (want version: 1 and databases:)")
		return nil
	} else if err != nil {
		l.syntaxError(err, data)
		return nil
	}
	if err := parseNode(dec, &second); err == nil {
		l.addAt(second.Line, second.Column, "", "a second YAML document begins here (want one)")
	} else if !errors.Is(err, io.EOF) {
		l.syntaxError(err, data)
	}
	root := doc.Content[0]
	if !l.isBounded(root) {
		return nil
	}
	return root
}

// problem reports that the value at node n cannot be used. No further problem is
// reported for it or for anything below it.
func (l *loader) problem(n *yaml.Node, p *path, format string, args ...any) {
	l.unusable[p.text] = true
	l.remark(n, p, format, args...)
}

// remark reports a problem at node n. The rest of the value is still checked.
func (l *loader) remark(n *yaml.Node, p *path, format string, args ...any) {
	l.reported[p.text] = true
	l.addAt(n.Line, n.Column, p.text, fmt.Sprintf(format, args...))
}

// invalid reports that the value at p, or its absence, fails a check, unless p has a
// problem already or is below a value that cannot be used.
func (l *loader) invalid(p *path, format string, args ...any) {
	if l.reported[p.text] {
		return
	}
	for up := p; up != nil; up = up.up {
		if l.unusable[up.text] {
			return
		}
	}
	at := p
	for at.up != nil && l.places[at.text] == nil {
		at = at.up
	}
	n := l.places[at.text]
	if n == nil {
		n = &yaml.Node{}
	}
	l.remark(n, p, format, args...)
}

func (l *loader) addAt(line, column int, path, message string) {
	var r redact.Redactor
	l.problems = append(l.problems, Problem{File: l.file, Line: line, Column: column, Path: path, Message: r.Text(message)})
}

// given reports whether the file has a value at p.
func (l *loader) given(p *path) bool { return l.places[p.text] != nil }

// lines returns the line of each path.
func (l *loader) lines() map[string]int {
	lines := make(map[string]int, len(l.places))
	for at, n := range l.places {
		lines[at] = n.Line
	}
	return lines
}

// Names returns the names of the databases, sorted.
func (c *Config) Names() []string {
	return slices.Sorted(maps.Keys(c.Databases))
}

// Database returns the database of that name, or nil.
func (c *Config) Database(name string) *Database { return c.Databases[name] }

// Resolve returns a path in the config as seen from the working directory: relative
// paths start from the directory of the config file.
func (c *Config) Resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.Dir, path)
}

// Secrets returns the texts that a Redactor must keep out of every output: each
// Value, and its parts that came from the environment or a file. Plain words such as
// production or true are skipped unless their name says that they are secret:
// masking them would make reports unreadable.
func (c *Config) Secrets() []redact.Secret { return slices.Clone(c.secrets) }
