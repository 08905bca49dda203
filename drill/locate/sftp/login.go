package sftp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// agentLimit is how long an agent may take, which may ask its user.
const agentLimit = 30 * time.Second

func localUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// login is how to log in to the server.
type login struct {
	methods []ssh.AuthMethod
	signers []ssh.Signer
	offers  []string // what is offered to the server, for messages
	skipped []string // what could not be used, and why
	agent   net.Conn // nil: none
}

func (l *login) close() {
	if l.agent != nil {
		_ = l.agent.Close()
	}
}

// newLogin collects the key of the config, or the keys of the agent and the usual key
// files, and the password. The key of the config is the only one, because a server
// ends the connection after a few wrong keys.
func (s *Source) newLogin(ctx context.Context) (*login, error) {
	l := &login{}
	held := l.askAgent(ctx)
	if s.keyFile != "" {
		if err := l.addKeyFile(s, held); err != nil {
			l.close()
			return nil, err
		}
	} else {
		l.addAgent(held)
		l.addUsualKeys()
	}
	if len(l.signers) > 0 {
		l.methods = append(l.methods, ssh.PublicKeys(l.signers...))
	}
	if password := os.Getenv(passwordVariable); password != "" {
		l.methods = append(l.methods, ssh.Password(password), ssh.KeyboardInteractive(answerWith(password)))
		l.offers = append(l.offers, "the password in "+passwordVariable)
	}
	if len(l.methods) == 0 {
		l.close()
		return nil, outcome.Fail(outcome.SourceDenied, "no key for %s%s", s.shown, l.why()).
			WithHint("set backup.sftp.key_file to a private key, or SSH_AUTH_SOCK to an agent that has one")
	}
	return l, nil
}

// answerWith returns what answers the questions of a server that asks for a password
// by this method.
func answerWith(password string) ssh.KeyboardInteractiveChallenge {
	return func(_, _ string, questions []string, echos []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range questions {
			if echos[i] {
				return nil, errors.New("the server asks for more than a password")
			}
			answers[i] = password
		}
		return answers, nil
	}
}

// askAgent returns the keys of the agent.
func (l *login) askAgent(ctx context.Context) []ssh.Signer {
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		l.skipped = append(l.skipped, "no agent: SSH_AUTH_SOCK is not set")
		return nil
	}
	dialer := net.Dialer{Timeout: agentLimit}
	connection, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		l.skipped = append(l.skipped, "the agent does not answer")
		return nil
	}
	l.agent = connection
	_ = connection.SetDeadline(time.Now().Add(agentLimit))
	held, err := agent.NewClient(connection).Signers()
	if err != nil {
		l.skipped = append(l.skipped, "the agent does not answer")
	} else if len(held) == 0 {
		l.skipped = append(l.skipped, "the agent has no keys")
	}
	return held
}

func (l *login) addAgent(held []ssh.Signer) {
	if len(held) > 0 {
		l.signers = append(l.signers, held...)
		l.offers = append(l.offers, words.Count(len(held), "key")+" of the agent")
	}
}

// addUsualKeys adds the key files that ssh uses.
func (l *login) addUsualKeys() {
	home, err := os.UserHomeDir()
	if err != nil {
		return
	}
	for _, base := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
		name := filepath.Join(home, ".ssh", base)
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		signer, err := ssh.ParsePrivateKey(text)
		if err != nil {
			l.skipped = append(l.skipped, name+" cannot be used"+needsPassphrase(err))
			continue
		}
		l.add(name, signer)
	}
}

func needsPassphrase(err error) string {
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		return " without its passphrase"
	}
	return ""
}

func (l *login) add(name string, signer ssh.Signer) {
	l.signers = append(l.signers, signer)
	l.offers = append(l.offers, fmt.Sprintf("%s (%s)", name, describeKey(signer.PublicKey())))
}

// addKeyFile adds the key of the config. A key with a passphrase that the config does
// not have may be in the agent.
func (l *login) addKeyFile(s *Source, held []ssh.Signer) error {
	text, err := os.ReadFile(s.keyFile)
	if err != nil {
		return outcome.Fail(outcome.SourceDenied, "read backup.sftp.key_file: %w", err).
			WithHint("correct backup.sftp.key_file, or grant the user that runs drillgres read access to it")
	}
	var signer ssh.Signer
	if s.passphrase != "" {
		signer, err = ssh.ParsePrivateKeyWithPassphrase(text, []byte(s.passphrase.Reveal()))
	} else {
		signer, err = ssh.ParsePrivateKey(text)
	}
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		if i := slices.IndexFunc(held, func(k ssh.Signer) bool {
			return locked.PublicKey != nil && describeKey(k.PublicKey()) == describeKey(locked.PublicKey)
		}); i >= 0 {
			l.add(s.keyFile, held[i])
			return nil
		}
		return outcome.Fail(outcome.SourceDenied, "the key in %s has a passphrase", s.keyFile).
			WithHint("set backup.sftp.passphrase, or add the key to the agent with ssh-add")
	case err != nil && s.passphrase != "":
		return outcome.Fail(outcome.SourceDenied, "the key in %s does not open with backup.sftp.passphrase", s.keyFile).
			WithHint("correct backup.sftp.passphrase, or remove it if the key has none")
	case err != nil:
		return outcome.Fail(outcome.SourceDenied, "%s is not a private key of SSH", s.keyFile).
			WithHint("set backup.sftp.key_file to a private key, such as ssh-keygen writes it")
	}
	l.add(s.keyFile, signer)
	return nil
}

// tried returns what was offered to the server, and why nothing else was.
func (l *login) tried() string { return words.List(l.offers, len(l.offers)) + l.why() }

func (l *login) why() string {
	if len(l.skipped) == 0 {
		return ""
	}
	return " (" + strings.Join(l.skipped, "; ") + ")"
}
