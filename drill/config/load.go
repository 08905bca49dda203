package config

import (
	"bytes"
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

// maxFile is more than any config that a person writes, in bytes.
const maxFile = 1 << 20

// Reader reads config files.
type Reader struct {
	Getenv    func(name string) (string, bool) // looks up the variables that the config refers to
	Sources   place.Kinds                      // of backup.from
	Histories place.Kinds                      // of record.history
}

// Load reads the config file at path. What is wrong in it is returned as
// Errors; another error means that the file could not be read.
func (r Reader) Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	return r.Parse(path, data)
}

// Parse is Load for a file that has been read already: name is its path,
// which relative paths in it start from.
func (r Reader) Parse(name string, data []byte) (*Config, error) {
	l := r.newLoader(name)
	c := &Config{File: name, Dir: l.dir}
	if root := l.document(data); root != nil {
		top := &path{}
		l.value(root, top, reflect.ValueOf(c).Elem(), false)
		l.check(top, c)
	}
	if len(l.problems) > 0 {
		return nil, l.problems.sorted()
	}
	c.setDefaults()
	c.secrets, c.lines = l.secrets, l.lines()
	return c, nil
}

// loader turns the nodes of one file into a Config and collects what is wrong.
type loader struct {
	Reader
	file, dir string
	places    map[string]*yaml.Node // where each path stands
	unusable  map[string]bool       // paths whose value could not be decoded
	noted     map[string]bool       // paths that have a problem
	problems  Errors
	secrets   []redact.Secret
}

func (r Reader) newLoader(name string) *loader {
	return &loader{
		Reader:   r,
		file:     name,
		dir:      filepath.Dir(name),
		places:   map[string]*yaml.Node{},
		unusable: map[string]bool{},
		noted:    map[string]bool{},
	}
}

// document is the content of the one document in data; nil if there is none.
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
		l.syntax(err, data)
		return nil
	}
	if err := parseNode(dec, &second); err == nil {
		l.addAt(second.Line, second.Column, "", "a second document begins here (want one)")
	} else if !errors.Is(err, io.EOF) {
		l.syntax(err, data)
	}
	root := doc.Content[0]
	if !l.bounded(root) {
		return nil
	}
	return root
}

// problem notes that the value at node n cannot be used: nothing more is said
// about it or what it holds.
func (l *loader) problem(n *yaml.Node, p *path, format string, args ...any) {
	l.unusable[p.text] = true
	l.remark(n, p, format, args...)
}

// remark notes what is wrong at node n; the rest of the value is still looked
// at.
func (l *loader) remark(n *yaml.Node, p *path, format string, args ...any) {
	l.noted[p.text] = true
	l.addAt(n.Line, n.Column, p.text, fmt.Sprintf(format, args...))
}

// bad notes what a check found wrong with the value at p, or with its absence,
// unless its place has a remark or is in something unusable.
func (l *loader) bad(p *path, format string, args ...any) {
	if l.noted[p.text] {
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

// given tells whether the file has a value at p.
func (l *loader) given(p *path) bool { return l.places[p.text] != nil }

// lines are where each path stands.
func (l *loader) lines() map[string]int {
	lines := make(map[string]int, len(l.places))
	for at, n := range l.places {
		lines[at] = n.Line
	}
	return lines
}

// Names are the names of the databases, sorted.
func (c *Config) Names() []string {
	return slices.Sorted(maps.Keys(c.Databases))
}

// Database is the database of that name; nil if there is none.
func (c *Config) Database(name string) *Database { return c.Databases[name] }

// Resolve is a path of the config as seen from the working directory: a
// relative one starts at the config file.
func (c *Config) Resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.Dir, path)
}

// Secrets lists what a Redactor must keep out of every output: each Value, and
// the parts of it that came from the environment or a file. Plain words, such
// as production or true, are left out unless their name says that they are
// secret: to mask them would make reports unreadable.
func (c *Config) Secrets() []redact.Secret { return slices.Clone(c.secrets) }
