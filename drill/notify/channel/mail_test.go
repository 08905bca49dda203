package channel

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
)

// mailServer speaks SMTP and keeps what arrives.
type mailServer struct {
	net.Listener
	mu      sync.Mutex
	letters []string
	to      []string
	login   string
	busy    int    // how many times it answers 451 first
	refuse  string // the beginning of an address that does not exist
	early   bool   // it closes the connection once it has taken a letter
	wrong   bool   // the password is
	logins  int
}

func startMail(t *testing.T) *mailServer {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{Listener: l}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

func (s *mailServer) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	say := func(line string) { _, _ = fmt.Fprint(c, line+"\r\n") }
	say("220 mail.internal ESMTP")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		switch verb, rest, _ := strings.Cut(line, " "); strings.ToUpper(verb) {
		case "EHLO":
			say("250-mail.internal\r\n250-AUTH PLAIN\r\n250 8BITMIME")
		case "AUTH":
			login, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			s.login = string(login)
			if s.logins++; s.wrong {
				say("535 wrong password")
			} else {
				say("235 welcome")
			}
		case "RCPT":
			switch {
			case s.busy > 0:
				s.busy--
				say("451 try again later")
			case s.refuse != "" && strings.HasPrefix(rest, "TO:<"+s.refuse):
				say("550 no such user " + canary2)
			default:
				s.to = append(s.to, rest)
				say("250 ok")
			}
		case "DATA":
			say("354 go on")
			var letter strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil || line == ".\r\n" {
					break
				}
				letter.WriteString(strings.TrimPrefix(line, "."))
			}
			s.letters = append(s.letters, letter.String())
			say("250 taken")
			if s.early {
				s.mu.Unlock()
				return
			}
		case "QUIT":
			say("221 bye")
			s.mu.Unlock()
			return
		default:
			say("250 ok")
		}
		s.mu.Unlock()
	}
}

func mailTarget(t *testing.T, s *mailServer) notify.Target {
	t.Helper()
	targets, err := Targets([]config.Receiver{{URL: config.Value(
		"smtp://drill:" + canary2 + "@" + s.Addr().String() + "/?from=drills@acme.example&to=dba@acme.example,ops@acme.example&starttls=no")}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	clientOf(targets[0].To).pause = 10 * time.Millisecond
	return targets[0]
}

// TestMail sends to a real SMTP server, which is busy at first.
func TestMail(t *testing.T) {
	s := startMail(t)
	s.busy = 2
	m := message(outcome.EventFailed)
	m.Title += "\r\nBcc: evil@example.com"
	m.Cause += "\n.\nMAIL FROM:<evil@example.com>"
	m.Report = "FAILED  shop ☃\n"
	mustSend(t, mailTarget(t, s), m)
	if len(s.letters) != 2 || len(s.to) != 2 || s.login != "\x00drill\x00"+canary2 {
		t.Fatalf("%d letters to %q, login %q", len(s.letters), s.to, s.login)
	}
	letter, err := mail.ReadMessage(strings.NewReader(s.letters[0]))
	if err != nil {
		t.Fatal(err)
	}
	subject, _ := new(mime.WordDecoder).DecodeHeader(letter.Header.Get("Subject"))
	if subject != "[drillgres] FAILED shop: dump_truncated Bcc: evil@example.com" || letter.Header.Get("Bcc") != "" {
		t.Errorf("subject %q, headers %v", subject, letter.Header)
	}
	for name, want := range map[string]string{
		"From": "<drills@acme.example>", "To": "<dba@acme.example>", "Auto-Submitted": "auto-generated",
		"Message-Id": "<20261124-020000-1f2e3d4c.shop.failed@acme.example>", "Importance": "high",
	} {
		if got := letter.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	body, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
	if text := strings.ReplaceAll(string(body), "\r\n", "\n"); err != nil || !strings.Contains(text, "FAILED  shop ☃") || !strings.Contains(text, "\n.\nMAIL FROM:<evil@example.com>") || !strings.Contains(text, hostile) {
		t.Errorf("%v:\n%s", err, text)
	}
	t.Log("\n" + s.letters[0])
}

// TestMailRefused checks that an address that does not exist is tried once and does not
// silence the other one, and that the error quotes no password.
func TestMailRefused(t *testing.T) {
	s := startMail(t)
	s.refuse = "dba@"
	began := time.Now()
	err := send(t, mailTarget(t, s), message(outcome.EventFailed), 5*time.Second)
	if err == nil || !strings.Contains(err.Error(), "550") || strings.Contains(err.Error(), canary2) || time.Since(began) > 3*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
	if len(s.letters) != 1 || s.to[0] != "TO:<ops@acme.example>" || s.logins != 1 {
		t.Errorf("%d letters to %q, %d logins", len(s.letters), s.to, s.logins)
	}
}

// TestMailIsSentOnce checks that a letter which the server has taken is not sent again, and
// that a wrong password is not tried until the account is locked.
func TestMailIsSentOnce(t *testing.T) {
	s := startMail(t)
	s.early = true
	mustSend(t, mailTarget(t, s), message(outcome.EventFailed))
	if len(s.letters) != 2 {
		t.Errorf("%d letters to %q", len(s.letters), s.to)
	}
	s = startMail(t)
	s.wrong = true
	if err := send(t, mailTarget(t, s), message(outcome.EventFailed), 5*time.Second); err == nil || !strings.Contains(err.Error(), "535") || s.logins != 1 {
		t.Errorf("%d logins: %v", s.logins, err)
	}
}

// TestMailWithoutTLS checks that a password is not sent to a server without STARTTLS
// unless the URL asks for it.
func TestMailWithoutTLS(t *testing.T) {
	s := startMail(t)
	targets, err := Targets([]config.Receiver{{URL: config.Value("smtp://drill:" + canary2 + "@" + s.Addr().String() + "/?from=a@b.example&to=c@d.example")}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(t, targets[0], message(outcome.EventFailed), time.Second); err == nil || s.login != "" || len(s.letters) != 0 {
		t.Errorf("%v, login %q", err, s.login)
	} else {
		t.Log(err)
	}
}
