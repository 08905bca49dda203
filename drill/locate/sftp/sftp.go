// Package sftp reads backups from a server with SSH, by its SFTP subsystem. It is the
// only package that imports the SSH and SFTP libraries.
package sftp

import (
	"context"
	"errors"
	"net"
	"net/url"
	"path"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/redact"
)

// passwordVariable is the environment variable with the password of the login. It is
// the only place for it: a URL ends up in logs, and a config in a repository.
const passwordVariable = "SFTP_PASSWORD"

// Kind is the kind of source with sftp:// URLs.
var Kind = locate.Kind{
	Kind: place.Kind{
		Schemes: []string{"sftp"}, Example: "sftp://user@host/dir", Section: "sftp",
		Check: func(url string) error {
			_, err := parse(url)
			return err
		},
		Secrets: []string{passwordVariable},
	},
	Open: func(_ context.Context, b config.Backup) (locate.Source, error) { return New(string(b.From), b.SFTP) },
}

// Source is a directory on a server with everything below it, or a single file. It
// follows symbolic links to files, but not to directories. It has one connection, which
// it opens when it needs one and opens again when it breaks. It is safe for concurrent
// use.
type Source struct {
	target
	knownHosts []string // paths; a file that does not exist counts as empty
	named      bool     // knownHosts is the file that the config names
	keyFile    string   // of the config; empty: the usual key files
	passphrase redact.Secret

	silence  time.Duration // without a byte from the server, before the connection counts as broken
	idle     time.Duration // without a use, before the connection is closed
	patience time.Duration // that one request may take
	backoff  time.Duration // before the second attempt; doubles with each further one

	dialing chan struct{} // holds a token while a connection is being opened
	current atomic.Pointer[conn]
	closed  atomic.Bool
	running sync.WaitGroup

	single atomic.Bool // set by List if the URL names a file
}

var (
	_ locate.Source  = (*Source)(nil)
	_ locate.Watcher = (*Source)(nil)
)

// New returns the Source at an sftp:// URL. It does not use the network. It fails with
// config_invalid.
func New(from string, o config.SFTP) (*Source, error) {
	t, err := parse(from)
	if err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "backup.from %w", err).
			WithHint("write sftp://user@host/dir, and set the key in backup.sftp.key_file or an ssh-agent")
	}
	if t.user == "" {
		if t.user = localUser(); t.user == "" {
			return nil, outcome.Fail(outcome.ConfigInvalid, "backup.from names no user, and this process has no user name").
				WithHint("write sftp://user@host/dir")
		}
	}
	s := &Source{
		target: t, knownHosts: usualKnownHosts(), keyFile: o.KeyFile, passphrase: o.Passphrase,
		silence: 30 * time.Second, idle: time.Minute, patience: locate.Patience, backoff: 200 * time.Millisecond,
		dialing: make(chan struct{}, 1),
	}
	if o.KnownHosts != "" {
		s.knownHosts, s.named = []string{o.KnownHosts}, true
	}
	return s, nil
}

// Close closes the connection and waits until nothing uses it.
func (s *Source) Close() error {
	s.closed.Store(true)
	s.dialing <- struct{}{}
	if c := s.current.Load(); c != nil {
		c.shut()
	}
	<-s.dialing
	s.running.Wait()
	return nil
}

// target is what a URL names.
type target struct {
	user, host, port string
	root             string // absolute, or relative to the directory that the login begins in
	shown            string // the URL up to the path
}

// hostName matches names and addresses that may be part of a command in a hint.
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._:%-]*[A-Za-z0-9])?$|^::[0-9A-Fa-f:.]*$`)

func parse(from string) (target, error) {
	u, err := url.Parse(from)
	if err != nil {
		return target{}, errors.New("is not a URL (want sftp://user@host/dir; percent-encode special characters)")
	}
	if _, has := u.User.Password(); has {
		return target{}, errors.New("contains a password (set it in the environment variable " + passwordVariable + ")")
	}
	switch {
	case !hostName.MatchString(u.Hostname()):
		return target{}, errors.New("names no valid host (want sftp://user@host/dir)")
	case u.RawQuery != "" || u.Fragment != "":
		return target{}, errors.New("has a query or a fragment (want sftp://user@host/dir with ? as %3F and # as %23)")
	case u.Path == "":
		return target{}, errors.New("names no path (want sftp://user@host/dir, or sftp://user@host/~/dir below the user's directory)")
	}
	t := target{user: u.User.Username(), host: u.Hostname(), port: u.Port(), root: path.Clean(u.Path)}
	if t.port == "" {
		t.port = "22"
	}
	if rest, ok := strings.CutPrefix(t.root, "/~"); ok && (rest == "" || rest[0] == '/') {
		t.root = path.Clean("." + rest)
	}
	t.shown = "sftp://" + u.Host
	if t.user != "" {
		t.shown = "sftp://" + url.User(t.user).String() + "@" + u.Host
	}
	return t, nil
}

func (t target) address() string { return net.JoinHostPort(t.host, t.port) }

// URI returns sftp://user@host/path, with unprintable characters percent-encoded.
func (s *Source) URI(o locate.Object) string {
	name := s.path(o)
	if o.Key == "" || name == "" {
		name = s.root
	}
	return s.uriOf(name)
}

func (s *Source) uriOf(name string) string {
	switch {
	case path.IsAbs(name):
		return s.shown + locate.Escape(name)
	case name == ".":
		return s.shown + "/~"
	default:
		return s.shown + "/~/" + locate.Escape(name)
	}
}

// path returns the object's path on the server, or an empty string for a key that
// points outside the source.
func (s *Source) path(o locate.Object) string {
	if s.single.Load() {
		return s.root
	}
	for segment := range strings.SplitSeq(o.Key, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return ""
		}
	}
	return path.Join(s.root, o.Key)
}
