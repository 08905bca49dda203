package appcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

const (
	firstPause  = 100 * time.Millisecond // between two looks, growing
	longestWait = time.Second
	// attemptWithin bounds one look, so that a request that was lost during the
	// start does not use up all the time.
	attemptWithin = 10 * time.Second
	// settle is how long an application must run that serves no port.
	settle = 3 * time.Second
)

// attempt looks once; what it saw is for a person.
type attempt func(ctx context.Context) (saw string, ready bool)

// errNotReady says that the time was over.
var errNotReady = errors.New("not ready in time")

// poll looks until it is ready, the time is over (errNotReady) or ctx ends
// (its cause).
func poll(ctx context.Context, within time.Duration, look attempt) (saw string, err error) {
	limited, cancel := context.WithTimeoutCause(ctx, within, errNotReady)
	defer cancel()
	for pause := firstPause; ; pause = min(pause*3/2, longestWait) {
		one, done := context.WithTimeout(limited, attemptWithin)
		now, ready := look(one)
		done()
		if ready {
			return now, nil
		}
		if limited.Err() == nil || saw == "" {
			saw = now // a look that was cut short says nothing
		}
		select {
		case <-limited.Done():
			return saw, context.Cause(limited)
		case <-time.After(pause):
		}
	}
}

// waitReady waits until the application is ready, in the way that the config
// asks for.
func (c Checker) waitReady(alive context.Context, p prober) (outcome.Check, error) {
	check := outcome.Check{Name: "ready", Kind: "builtin", Status: outcome.CheckPassed, ConfigPath: config.Path("app", "ready")}
	within := time.Duration(c.Config.Ready.Within)
	var err error
	switch {
	case c.Config.Ready.HTTP != "":
		check.Kind, check.Expect = "http", fmt.Sprintf("GET %s: %s", c.Config.Ready.HTTP, expected(c.Config.Ready.Expect, served))
		check.RestsOn = "the last answer in the pod"
		check.Saw, err = poll(alive, within, p.serves(c.Config.Ready))
	case c.Config.Port != 0:
		check.Expect = fmt.Sprintf("port %d accepts connections", c.Config.Port)
		check.RestsOn = "connections to the port in the pod"
		check.Saw, err = poll(alive, within, p.accepts)
	default:
		check.Expect = fmt.Sprintf("still runs after %s", settle)
		check.RestsOn = "the container, and nothing that it serves"
		check.Saw, err = "runs", outlive(alive, settle)
	}
	if err != nil {
		check.Status = outcome.CheckFailed
	}
	if errors.Is(err, errEnded) {
		check.Saw = err.Error()
	}
	return check, err
}

// outlive waits, and fails when the context ends before.
func outlive(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// notReady is the failure of an application that was waited for in vain.
func (c Checker) notReady(app sandbox.Process, saw string, err error, lines []string) error {
	switch {
	case errors.Is(err, errEnded):
		return ended(app, "the application", " before it was ready", lines)
	case !errors.Is(err, errNotReady):
		return err
	}
	return outcome.Fail(outcome.AppNotReady, "the application was not ready within %s: %s%s",
		time.Duration(c.Config.Ready.Within), saw, lastWords(lines))
}

// prober reaches for a port inside the pod.
type prober struct {
	dialer sandbox.Dialer
	port   int
	client *http.Client // for HTTP
}

func (p prober) address() string { return net.JoinHostPort(loopback, strconv.Itoa(p.port)) }

// accepts looks whether the port accepts connections.
func (p prober) accepts(ctx context.Context) (string, bool) {
	conn, err := p.dialer.Dial(ctx, "tcp", p.address())
	if err != nil {
		return err.Error(), false
	}
	_ = conn.Close() // it was made only to see that it can be
	return "accepts connections", true
}
