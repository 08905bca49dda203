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
	firstPause   = 100 * time.Millisecond // between two attempts; it grows up to longestPause
	longestPause = time.Second
	// attemptWithin limits one attempt, so that a request that was lost during
	// the start does not use up all the time.
	attemptWithin = 10 * time.Second
	// runFor is how long an application without a port must run to be ready.
	runFor = 3 * time.Second
)

// attempt checks once whether the application is ready. saw is human-readable.
type attempt func(ctx context.Context) (saw string, ready bool)

// errNotReady is the error of poll when the time is over.
var errNotReady = errors.New("not ready in time")

// poll calls try until it reports that the application is ready. It returns
// errNotReady when the time is over, and the cause of ctx when that ends.
func poll(ctx context.Context, within time.Duration, try attempt) (saw string, err error) {
	limited, cancel := context.WithTimeoutCause(ctx, within, errNotReady)
	defer cancel()
	for pause := firstPause; ; pause = min(pause*3/2, longestPause) {
		once, done := context.WithTimeout(limited, attemptWithin)
		now, ready := try(once)
		done()
		if ready {
			return now, nil
		}
		if limited.Err() == nil || saw == "" {
			saw = now // the result of an interrupted attempt means nothing
		}
		select {
		case <-limited.Done():
			return saw, context.Cause(limited)
		case <-time.After(pause):
		}
	}
}

// waitReady waits until the application is ready, as configured.
func (c Checker) waitReady(running context.Context, p prober) (outcome.Check, error) {
	check := outcome.Check{Name: "ready", Kind: "builtin", Status: outcome.CheckPassed, ConfigPath: config.Path("app", "ready")}
	within := time.Duration(c.Config.Ready.Within)
	var err error
	switch {
	case c.Config.Ready.HTTP != "":
		check.Kind, check.Expect = "http", fmt.Sprintf("GET %s: %s", c.Config.Ready.HTTP, expected(c.Config.Ready.Expect, statusOK))
		check.RestsOn = "the last answer in the pod"
		check.Saw, err = poll(running, within, p.answers(c.Config.Ready))
	case c.Config.Port != 0:
		check.Expect = fmt.Sprintf("port %d accepts connections", c.Config.Port)
		check.RestsOn = "connections to the port in the pod"
		check.Saw, err = poll(running, within, p.accepts)
	default:
		check.Expect = fmt.Sprintf("still runs after %s", runFor)
		check.RestsOn = "the container only: no port is configured"
		check.Saw, err = "runs", waitFor(running, runFor)
	}
	if err != nil {
		check.Status = outcome.CheckFailed
	}
	if errors.Is(err, errEnded) {
		check.Saw = err.Error()
	}
	return check, err
}

// waitFor waits for d. It returns the cause of ctx if that ends first.
func waitFor(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// notReady returns the error of an application that did not become ready.
func (c Checker) notReady(app sandbox.Process, saw string, err error, lines []string) error {
	switch {
	case errors.Is(err, errEnded):
		return ended(app, "the application", " before it was ready", lines)
	case !errors.Is(err, errNotReady):
		return err
	}
	return outcome.Fail(outcome.AppNotReady, "the application was not ready within %s: %s%s",
		time.Duration(c.Config.Ready.Within), saw, logExcerpt(lines))
}

// prober connects to a port inside the pod.
type prober struct {
	dialer sandbox.Dialer
	port   int
	client *http.Client // for HTTP
}

func (p prober) address() string { return net.JoinHostPort(loopback, strconv.Itoa(p.port)) }

// accepts reports whether the port accepts connections.
func (p prober) accepts(ctx context.Context) (string, bool) {
	conn, err := p.dialer.Dial(ctx, "tcp", p.address())
	if err != nil {
		return err.Error(), false
	}
	_ = conn.Close() // nothing was sent
	return "accepts connections", true
}
