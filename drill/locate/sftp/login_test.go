package sftp_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
)

// A source that asks for any key would be given one that is not known: of two keys, one
// is preferred whatever is known.
func TestKnownHosts(t *testing.T) {
	server := start(t)
	list := func() error {
		_, err := server.source(t, server.dir).List(t.Context())
		return err
	}
	for _, names := range [][]string{{"host_ecdsa"}, {"host_ed25519"}, {"host_ecdsa", "host_ed25519"}} {
		server.know(t, names...)
		if err := list(); err != nil {
			t.Errorf("known are %v: %v", names, err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-H", "-f", server.knownHosts).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := list(); err != nil {
		t.Errorf("with hashed names: %v", err)
	}
	write(t, server.knownHosts, []byte("127.0.0.1 "+server.public(t, "host_ed25519")+"\n"))
	want(t, list(), outcome.SourceDenied, "is not in "+server.knownHosts, "")
	write(t, server.knownHosts, []byte("[127.0.0.1]:"+server.port+" ssh-ed25519 hello\n"))
	want(t, list(), outcome.SourceDenied, "known_hosts:1", "correct the line")
}

func TestCertificateOfAHost(t *testing.T) {
	server := start(t)
	server.keygen(t, "authority", "ed25519", "")
	sign := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-s", "authority", "-I", "host", "-h", "-n", "127.0.0.1", "host_ecdsa.pub")
	sign.Dir = server.dir
	if out, err := sign.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	server.configure(t, "HostCertificate "+server.dir+"/host_ecdsa-cert.pub")
	write(t, server.knownHosts, []byte("@cert-authority [127.0.0.1]:"+server.port+" "+server.public(t, "authority")+"\n"))
	if _, err := server.source(t, server.dir).List(t.Context()); err != nil {
		t.Error(err)
	}

	// A known key of a type that the server does not have must not hide its certificate.
	server.keygen(t, "other", "rsa", "")
	known, err := os.ReadFile(server.knownHosts)
	if err != nil {
		t.Fatal(err)
	}
	write(t, server.knownHosts, append(known, "[127.0.0.1]:"+server.port+" "+server.public(t, "other")+"\n"...))
	if _, err := server.source(t, server.dir).List(t.Context()); err != nil {
		t.Errorf("with a key of another type: %v", err)
	}
}

func TestUnknownHost(t *testing.T) {
	server := start(t)
	for _, name := range []string{server.knownHosts, filepath.Join(server.dir, "no such file")} {
		_ = os.Remove(server.knownHosts)
		_, err := server.sourceWith(t, server.dir, config.SFTP{KnownHosts: name, KeyFile: server.keyFile}).List(t.Context())
		want(t, err, outcome.SourceDenied, "the host key of 127.0.0.1:"+server.port+" is not in "+name+": it presents ",
			"run ssh-keyscan -p "+server.port+" 127.0.0.1 >> ")
		want(t, err, outcome.SourceDenied, fingerprint(t, server.public(t, "host_ecdsa")), "compare its fingerprint")
		write(t, server.knownHosts, nil)
	}
	_, err := server.sourceWith(t, server.dir, config.SFTP{KeyFile: server.keyFile}).List(t.Context())
	want(t, err, outcome.SourceDenied, "/.ssh/known_hosts, /etc/ssh/ssh_known_hosts: it presents", "/.ssh/known_hosts, and compare")
}

func fingerprint(t *testing.T, line string) string {
	t.Helper()
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return ssh.FingerprintSHA256(key)
}

func TestChangedHost(t *testing.T) {
	server := start(t)
	old := fingerprint(t, server.public(t, "host_ed25519"))
	server.keygen(t, "host_ed25519", "ed25519", "")
	_, err := server.source(t, server.dir).List(t.Context())
	want(t, err, outcome.SourceDenied, "has changed: it presents ssh-ed25519 "+fingerprint(t, server.public(t, "host_ed25519")), "ask who runs the server")
	want(t, err, outcome.SourceDenied, old+" in "+server.knownHosts+" line 1", "ssh-keygen -R '[127.0.0.1]:"+server.port+"'")

	server.keygen(t, "other", "rsa", "")
	server.know(t, "other")
	_, err = server.source(t, server.dir).List(t.Context())
	want(t, err, outcome.SourceDenied, "cannot be checked: known are keys of type rsa-sha2-256, rsa-sha2-512, but it has only ", "ask who runs the server")

	write(t, server.knownHosts, []byte("@revoked * "+server.public(t, "host_ecdsa")+"\n"))
	_, err = server.source(t, server.dir).List(t.Context())
	want(t, err, outcome.SourceDenied, "is revoked by "+server.knownHosts+" line 1", "ask who runs the server")
}

func TestLoginRefused(t *testing.T) {
	server := start(t)
	_, text := newKey(t)
	name := filepath.Join(server.dir, "stranger")
	write(t, name, text)
	_, err := server.sourceWith(t, "/", config.SFTP{KnownHosts: server.knownHosts, KeyFile: name}).List(t.Context())
	want(t, err, outcome.SourceDenied, "log in to 127.0.0.1:"+server.port+" as "+server.login+": refused; tried "+name+" (ssh-ed25519 SHA256:", "authorized_keys of user "+server.login)

	t.Setenv("SFTP_PASSWORD", "hunter2")
	_, err = server.sourceWith(t, "/", config.SFTP{KnownHosts: server.knownHosts}).List(t.Context())
	want(t, err, outcome.SourceDenied, "refused; tried the password in SFTP_PASSWORD (no agent: SSH_AUTH_SOCK is not set)", "")
}

func TestNoKey(t *testing.T) {
	server := start(t)
	o := config.SFTP{KnownHosts: server.knownHosts}
	_, err := server.sourceWith(t, "/", o).List(t.Context())
	want(t, err, outcome.SourceDenied, "no key for sftp://", "SSH_AUTH_SOCK")
	t.Setenv("SSH_AUTH_SOCK", filepath.Join(server.dir, "nowhere"))
	_, err = server.sourceWith(t, "/", o).List(t.Context())
	want(t, err, outcome.SourceDenied, "the agent does not answer", "")
	o.KeyFile = filepath.Join(server.dir, "nowhere")
	_, err = server.sourceWith(t, "/", o).List(t.Context())
	want(t, err, outcome.SourceDenied, "read backup.sftp.key_file", "correct backup.sftp.key_file")
	o.KeyFile = server.keyFile + ".pub"
	_, err = server.sourceWith(t, "/", o).List(t.Context())
	want(t, err, outcome.SourceDenied, "is not a private key", "")
}

func TestUsualKeyFile(t *testing.T) {
	server := start(t)
	home, _ := os.UserHomeDir()
	server.copyFile(t, "client", "copy")
	content, err := os.ReadFile(server.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, ".ssh", "id_rsa"), content)
	known, err := os.ReadFile(server.knownHosts)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, ".ssh", "known_hosts"), known)
	if _, err := server.sourceWith(t, server.dir, config.SFTP{}).List(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPassphrase(t *testing.T) {
	server := start(t)
	name := server.keygen(t, "locked", "ed25519", "correct horse")
	server.copyFile(t, "locked.pub", "authorized_keys")
	o := config.SFTP{KnownHosts: server.knownHosts, KeyFile: name}
	_, err := server.sourceWith(t, server.dir, o).List(t.Context())
	want(t, err, outcome.SourceDenied, "has a passphrase", "backup.sftp.passphrase")
	o.Passphrase = "wrong horse"
	_, err = server.sourceWith(t, server.dir, o).List(t.Context())
	want(t, err, outcome.SourceDenied, "does not open with backup.sftp.passphrase", "correct backup.sftp.passphrase")
	o.Passphrase = "correct horse"
	if _, err = server.sourceWith(t, server.dir, o).List(t.Context()); err != nil {
		t.Error(err)
	}

	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParseRawPrivateKeyWithPassphrase(text, []byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	serveAgent(t, key)
	o.Passphrase = ""
	if _, err = server.sourceWith(t, server.dir, o).List(t.Context()); err != nil {
		t.Errorf("with the key in the agent: %v", err)
	}
}

func TestAgent(t *testing.T) {
	server := start(t)
	text, err := os.ReadFile(server.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParseRawPrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	stranger, _ := newKey(t)
	serveAgent(t, stranger, key)
	o := config.SFTP{KnownHosts: server.knownHosts}
	if _, err := server.sourceWith(t, server.dir, o).List(t.Context()); err != nil {
		t.Error(err)
	}
	serveAgent(t, stranger)
	_, err = server.sourceWith(t, server.dir, o).List(t.Context())
	want(t, err, outcome.SourceDenied, "tried 1 key of the agent", "")
	serveAgent(t)
	_, err = server.sourceWith(t, server.dir, o).List(t.Context())
	want(t, err, outcome.SourceDenied, "the agent has no keys", "")
}

// serveAgent starts an agent with the keys.
func serveAgent(t *testing.T, keys ...any) {
	t.Helper()
	ring := agent.NewKeyring()
	for _, key := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSH_AUTH_SOCK", socket)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				_ = agent.ServeAgent(ring, connection)
				_ = connection.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
}
