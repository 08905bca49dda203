package channel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/redact"
)

// mailbox sends mail.
type mailbox struct {
	client  *client // for its secrets and its pause
	host    string
	options []gomail.Option
	from    string
	to      []string
}

const mailExample = "smtp://user:password@host:587/?from=a@b&to=c@d"

// openMail opens a server. smtp:// demands STARTTLS unless the URL has starttls=no, so
// that a password is never sent in the clear by mistake; smtps:// has TLS from the start.
func openMail(u *url.URL, c *client) (notify.Receiver, error) {
	q := u.Query()
	from := firstOf(q, "from", "fromaddress")
	m := mailbox{client: c, host: u.Hostname(), from: from}
	for _, name := range []string{"to", "toaddresses"} {
		m.to = append(m.to, listed(q.Get(name))...)
	}
	if m.host == "" || from == "" || len(m.to) == 0 {
		return nil, lacks("host, from or to", mailExample)
	}
	for _, address := range append([]string{from}, m.to...) {
		if _, err := mail.ParseAddress(address); err != nil {
			return nil, fmt.Errorf("has a from or to that is not an address (want %s)", mailExample)
		}
	}
	port, policy := 587, gomail.TLSMandatory
	switch starttls := firstOf(q, "starttls", "usestarttls"); {
	case u.Scheme == "smtps":
		port = 465
		m.options = append(m.options, gomail.WithSSL())
	case starttls == "no" || starttls == "false":
		policy = gomail.NoTLS
	}
	if u.Port() != "" {
		var err error
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, fmt.Errorf("has no valid port (want %s)", mailExample)
		}
	}
	m.options = append(m.options, gomail.WithTLSPolicy(policy), gomail.WithPort(port), gomail.WithTimeout(attemptWithin))
	if password, ok := u.User.Password(); ok {
		auth := gomail.SMTPAuthAutoDiscover
		if policy == gomail.NoTLS {
			auth = gomail.SMTPAuthPlainNoEnc // it was asked for
		}
		m.options = append(m.options, gomail.WithSMTPAuth(auth), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return m, nil
}

func firstOf(q url.Values, names ...string) string {
	for _, name := range names {
		if v := q.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// Tell sends a mail to each address, so that one which is gone does not silence the
// others. Their Message-ID is that of the run, so that a second copy can be recognised.
func (b mailbox) Tell(ctx context.Context, m notify.Message) error {
	server, err := gomail.NewClient(b.host, b.options...)
	if err != nil {
		return b.client.clean(err)
	}
	var refused []error
	left, pause := b.to, b.client.pause
	for {
		var no []error
		left, no, err = b.attempt(ctx, server, m, left)
		refused = append(refused, no...)
		if len(left) == 0 || err == nil {
			return b.client.clean(errors.Join(refused...))
		}
		deadline, limited := ctx.Deadline()
		if ctx.Err() != nil || isFinal(err) || limited && time.Now().Add(pause).After(deadline) {
			return b.client.clean(errors.Join(append(refused, err)...))
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return b.client.clean(errors.Join(append(refused, err)...))
		case <-timer.C:
		}
		pause *= 2
	}
}

// attempt sends to these addresses over one connection. It returns those that are left
// for another attempt with the last error, and the errors of those that were refused. A
// letter that the server accepted is sent, whatever becomes of the connection.
func (b mailbox) attempt(ctx context.Context, server *gomail.Client, m notify.Message, to []string) (left []string, refused []error, err error) {
	var letters []*gomail.Msg
	var written []string // the addresses of the letters
	for _, address := range to {
		letter, err := b.letter(m, address)
		if err != nil {
			refused = append(refused, err)
			continue
		}
		letters, written = append(letters, letter), append(written, address)
	}
	if len(letters) == 0 {
		return nil, refused, nil
	}
	connection, err := server.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return written, refused, err
	}
	sendErr := server.SendWithSMTPClient(connection, letters...)
	_ = server.CloseWithSMTPClient(connection) // each letter knows whether it was accepted
	for i, letter := range letters {
		var of *gomail.SendError
		switch {
		case letter.IsDelivered():
		case errors.As(letter.SendError(), &of) && of.ErrorCode() >= 500:
			refused = append(refused, of)
		default:
			left, err = append(left, written[i]), cmp.Or(letter.SendError(), sendErr)
		}
	}
	return left, refused, err
}

// isFinal reports whether a server refuses the login or the connection for good: with more
// attempts it may lock the account.
func isFinal(err error) bool {
	var answer *textproto.Error
	return errors.As(err, &answer) && answer.Code >= 500
}

func (b mailbox) letter(m notify.Message, to string) (*gomail.Msg, error) {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := letter.From(b.from); err != nil {
		return nil, err
	}
	if err := letter.To(to); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(strings.TrimSuffix(b.from, ">"), "@")
	letter.SetMessageIDWithValue(fmt.Sprintf("%s.%s.%s@%s", m.RunID, m.Database, m.Event, domain))
	letter.SetDateWithValue(m.At)
	letter.Subject("[drillgres] " + cut(redact.OneLine(m.Title), 200))
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // so that no absent person answers
	if priority(m) == 2 {
		letter.SetImportance(gomail.ImportanceHigh)
	}
	body := m.Text()
	if m.Event.IsProblem() && m.Report != "" {
		body += "\n-- \n" + tail(m.Report, 100_000)
	}
	letter.SetBodyString(gomail.TypeTextPlain, body)
	return letter, nil
}
