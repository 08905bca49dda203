package sftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// listFailure returns the Failure for an error of listing, or the cause of ctx if ctx
// is done.
func (s *Source) listFailure(ctx context.Context, name string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var named *outcome.Failure
	if errors.As(err, &named) {
		return named
	}
	uri := s.uriOf(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return outcome.Fail(outcome.SourceNotFound, "%s does not exist", uri).
			WithHint("correct the path in backup.from as %s sees it, which may be below a directory of its own, or mount the file system that should be there", s.user)
	case errors.Is(err, fs.ErrPermission):
		return outcome.Fail(outcome.SourceDenied, "%s cannot be read by %s", uri, s.user).
			WithHint("grant user %s of the server read access to it", s.user)
	default:
		return outcome.Fail(outcome.SourceUnreachable, "read %s: %w", uri, plain(err)).
			WithHint("check the server and this machine's network to it")
	}
}

// readFailure returns the Failure for an error of reading a file that was listed.
func (s *Source) readFailure(ctx context.Context, name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) && ctx.Err() == nil {
		return outcome.Fail(outcome.BackupChanged, "%s was removed after it was listed", s.uriOf(name))
	}
	return s.listFailure(ctx, name, err)
}

// dialFailure returns the Failure for a server that cannot be reached.
func (s *Source) dialFailure(err error) error {
	f := outcome.Fail(outcome.SourceUnreachable, "connect to %s: %w", s.address(), plain(err))
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return f.WithHint("correct the host in backup.from: names of ~/.ssh/config are not known here")
	}
	return f.WithHint("check that an SSH server listens there, and that no firewall is between")
}

// handshakeFailure returns the Failure for a server whose key or login is refused.
func (s *Source) handshakeFailure(err error, hosts *knownHosts, l *login) error {
	var none *ssh.AlgorithmNegotiationError
	switch text := err.Error(); {
	case hosts.failed != nil:
		return hosts.failed
	case errors.As(err, &none) && none.What == "host key" && len(hosts.keys) > 0:
		return hosts.otherTypes(none.RequestedAlgorithms)
	case strings.Contains(text, "unable to authenticate"), strings.Contains(text, "authentication failures"):
		return outcome.Fail(outcome.SourceDenied, "log in to %s as %s: refused; tried %s", s.address(), s.user, l.tried()).
			WithHint("add the public key to the authorized_keys of user %s there, or set backup.sftp.key_file to a key that is in it", s.user)
	default:
		return outcome.Fail(outcome.SourceUnreachable, "connect to %s: %w", s.address(), plain(err)).
			WithHint("check that an SSH server listens there, and that no firewall is between")
	}
}

// subsystemFailure returns the Failure for a login that may not use SFTP.
func (s *Source) subsystemFailure(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return outcome.Fail(outcome.SourceUnreachable, "start SFTP at %s: %w", s.address(), plain(err))
	}
	return outcome.Fail(outcome.SourceUnreachable, "%s lets %s log in, but does not start SFTP: %w", s.address(), s.user, plain(err)).
		WithHint("let the server have a line Subsystem sftp internal-sftp in its sshd_config, and the key no forced command")
}

// plain returns an error for people. The server writes a part of some, which may
// disturb a terminal.
func plain(err error) error {
	var (
		status  *sftp.StatusError
		network *net.OpError
	)
	switch {
	case errors.As(err, &status):
		return fmt.Errorf("the server answered %q", locate.Escape(status.Error()))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New("the server did not answer")
	case isBroken(err) && !errors.As(err, &network):
		return errors.New("the connection broke")
	case errors.As(err, &network):
		return network
	default:
		return errors.New(locate.Escape(err.Error()))
	}
}

// isBroken reports whether an error of a request is that of its connection. A request whose
// channel is closing ends with io.EOF.
func isBroken(err error) bool {
	var network *net.OpError
	return errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, io.EOF) || errors.As(err, &network)
}
