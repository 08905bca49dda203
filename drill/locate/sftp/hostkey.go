package sftp

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/drillgres/drillgres/drill/outcome"
)

// usualKnownHosts returns the files that ssh reads.
func usualKnownHosts() []string {
	var files []string
	if home, err := os.UserHomeDir(); err == nil {
		files = append(files, filepath.Join(home, ".ssh", "known_hosts"), filepath.Join(home, ".ssh", "known_hosts2"))
	}
	return append(files, "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
}

// knownHosts checks the key of a server. An unknown key is never accepted: a source
// that answers under the name of the server could deliver any backup.
type knownHosts struct {
	*Source
	known  ssh.HostKeyCallback
	keys   []knownhosts.KnownKey // of this server
	failed error                 // the Failure of the last check
}

func (s *Source) readKnownHosts() (*knownHosts, error) {
	files := slices.DeleteFunc(slices.Clone(s.knownHosts), func(name string) bool {
		_, err := os.Stat(name)
		return errors.Is(err, fs.ErrNotExist)
	})
	known, err := knownhosts.New(files...)
	if err != nil {
		return nil, outcome.Fail(outcome.SourceDenied, "read the known host keys: %w", err).
			WithHint("correct the line, or set backup.sftp.known_hosts to another file")
	}
	h := &knownHosts{Source: s, known: known}
	h.keys, err = h.find()
	return h, err
}

// find returns the known keys of the server. The library returns them only in the error
// for a key that is not among them.
func (h *knownHosts) find() ([]knownhosts.KnownKey, error) {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	other, err := ssh.NewPublicKey(public)
	if err != nil {
		return nil, err
	}
	var unknown *knownhosts.KeyError
	if err := h.known(h.address(), &net.TCPAddr{}, other); !errors.As(err, &unknown) {
		return nil, err
	}
	return unknown.Want, nil
}

// algorithms returns those that the server may prove its key with, nil for all of them.
// Without this a server with several keys may present one that is not known.
func (h *knownHosts) algorithms() (names []string) {
	for _, k := range h.keys {
		switch {
		case isAuthority(k):
			return nil // its certificates may be for keys of any type
		case k.Key.Type() == ssh.KeyAlgoRSA:
			names = append(names, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512)
		default:
			names = append(names, k.Key.Type())
		}
	}
	slices.Sort(names) // the library has them in any order
	return names
}

// isAuthority reports whether the key signs those of servers. The library does not say.
func isAuthority(k knownhosts.KnownKey) bool {
	f, err := os.Open(k.Filename)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // opened for reading only
	lines := bufio.NewScanner(f)
	for range k.Line {
		if !lines.Scan() {
			return false
		}
	}
	return strings.HasPrefix(strings.TrimSpace(lines.Text()), "@cert-authority")
}

// check is the callback for the key that the server presents.
func (h *knownHosts) check(address string, remote net.Addr, key ssh.PublicKey) error {
	err := h.known(address, remote, key)
	var (
		unknown *knownhosts.KeyError
		revoked *knownhosts.RevokedError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &revoked):
		h.failed = outcome.Fail(outcome.SourceDenied, "the host key of %s, %s, is revoked by %s line %d", h.address(), describeKey(key), revoked.Revoked.Filename, revoked.Revoked.Line).
			WithHint("ask who runs the server: a revoked key means that someone else may answer in its place")
	case errors.As(err, &unknown) && len(unknown.Want) > 0:
		h.failed = h.changed(key, unknown.Want)
	case errors.As(err, &unknown):
		h.failed = h.unknown(key)
	default:
		h.failed = outcome.Fail(outcome.SourceDenied, "the host key of %s, %s, is not valid: %w", h.address(), describeKey(key), err).
			WithHint("ask who runs the server for its host key or certificate, and put it into %s", h.writable())
	}
	return h.failed
}

func (h *knownHosts) unknown(key ssh.PublicKey) error {
	return outcome.Fail(outcome.SourceDenied, "the host key of %s is not in %s: it presents %s", h.address(), strings.Join(h.shownFiles(), ", "), describeKey(key)).
		WithHint("run %s, and compare its fingerprint with the server's own (ssh-keygen -lf on its host key): a key that is added unseen proves nothing", h.keyscan())
}

func (h *knownHosts) changed(key ssh.PublicKey, want []knownhosts.KnownKey) error {
	var known []string
	for _, k := range want {
		known = append(known, fmt.Sprintf("%s in %s line %d", describeKey(k.Key), k.Filename, k.Line))
	}
	slices.Sort(known)
	return outcome.Fail(outcome.SourceDenied, "the host key of %s has changed: it presents %s, but known is %s; someone may be answering in its place",
		h.address(), describeKey(key), strings.Join(known, ", ")).
		WithHint("ask who runs the server whether its key was replaced; only then run ssh-keygen -R '%s' -f %s, and %s",
			knownhosts.Normalize(h.address()), quote(want[0].Filename), h.keyscan())
}

// otherTypes is the failure of a server that has no key of a known type.
func (h *knownHosts) otherTypes(offered []string) error {
	return outcome.Fail(outcome.SourceDenied, "the host key of %s cannot be checked: known are keys of type %s, but it has only %s", h.address(), strings.Join(h.algorithms(), ", "), strings.Join(offered, ", ")).
		WithHint("ask who runs the server whether its keys were replaced; only then run %s", h.keyscan())
}

func (h *knownHosts) shownFiles() []string {
	if h.named {
		return h.knownHosts
	}
	return []string{h.writable(), "/etc/ssh/ssh_known_hosts"}
}

// writable returns the file that the user may add a key to.
func (h *knownHosts) writable() string { return h.knownHosts[0] }

// keyscan returns the command that adds the server's keys.
func (h *knownHosts) keyscan() string {
	port := ""
	if h.port != "22" {
		port = "-p " + h.port + " "
	}
	return "ssh-keyscan " + port + h.host + " >> " + quote(h.writable())
}

// quote returns a path as one word of a shell.
func quote(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("/._-+,@", r) && (r < '0' || r > 'z' || r > '9' && r < 'A' || r > 'Z' && r < 'a')
	}) {
		return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return name
}

func describeKey(key ssh.PublicKey) string { return key.Type() + " " + ssh.FingerprintSHA256(key) }
