package appcheck

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// serviceWithin is how long a service may take until its port accepts
// connections.
const serviceWithin = time.Minute

// service is a running container that the application needs.
type service struct {
	name    string
	process sandbox.Process
}

// WithServices does something while the services run that the application
// needs, and removes them afterwards. The findings are about services that
// ended before that.
func (c Checker) WithServices(ctx context.Context, s provision.Server, a Access, do func() error) (findings []outcome.Finding, err error) {
	c = c.discreet()
	services, err := c.startServices(ctx, s, a)
	defer func() {
		for _, started := range services {
			err = c.removed(ctx, err, started.process)
		}
	}()
	if err != nil {
		return nil, err
	}
	err = do()
	return endedEarly(services), err
}

// removed removes a container whose work is done, unless it is to be kept. What
// goes wrong with that matters where nothing else did.
func (c Checker) removed(ctx context.Context, err error, p sandbox.Process) error {
	if c.Keep {
		return err
	}
	if failed := p.Remove(ctx); err == nil {
		return failed
	}
	return err
}

// startServices starts every service, by name, each when the one before it
// accepts connections.
func (c Checker) startServices(ctx context.Context, s provision.Server, a Access) ([]service, error) {
	var started []service
	for _, name := range slices.Sorted(maps.Keys(c.Config.Services)) {
		wanted := c.Config.Services[name]
		process, err := s.Start(ctx, sandbox.Container{
			Name: name, Image: string(wanted.Image), Command: wanted.Command, Env: a.resolve(wanted.Env),
		})
		if err != nil {
			return started, err
		}
		started = append(started, service{name, process})
		if wanted.Port == 0 {
			continue
		}
		if err := c.awaitService(ctx, s, service{name, process}, wanted.Port); err != nil {
			return started, err
		}
	}
	return started, nil
}

// awaitService waits until a service accepts connections.
func (c Checker) awaitService(ctx context.Context, s provision.Server, started service, port int) error {
	alive, stop := whileRunning(ctx, started.process)
	defer stop()
	saw, err := poll(alive, serviceWithin, prober{dialer: s, port: port}.accepts)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errEnded):
		return ended(started.process, "service "+started.name, "", c.LastLines(ctx, started.process))
	case !errors.Is(err, errNotReady):
		return err
	}
	return outcome.Fail(outcome.AppNotReady, "service %s did not accept connections on port %d within %s: %s%s",
		started.name, port, serviceWithin, saw, lastWords(c.LastLines(ctx, started.process))).
		WithHint("correct app.services.%s, or read its last log lines in the message", started.name)
}

// startApp starts the application itself. Its container's name is none that a
// service can have.
func (c Checker) startApp(ctx context.Context, s provision.Server, a Access) (sandbox.Process, error) {
	return s.Start(ctx, sandbox.Container{
		Name: "app_under_test", Image: string(c.Config.Image), Command: c.Config.Command, Env: a.Env(c.Config.Env),
	})
}

// errEnded is why a context of whileRunning ends when the container does.
var errEnded = errors.New("the container ended")

// whileRunning is a context that ends with a container, so that nobody waits
// for the answer of a dead one.
func whileRunning(ctx context.Context, p sandbox.Process) (alive context.Context, stop func()) {
	alive, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-p.Done():
			cancel(errEnded)
		case <-alive.Done():
		}
	}()
	return alive, func() { cancel(context.Canceled) }
}

// endedEarly reports services that did not live as long as the application.
func endedEarly(services []service) []outcome.Finding {
	var findings []outcome.Finding
	for _, s := range services {
		select {
		case <-s.process.Done():
			exit, _ := s.process.Ended()
			findings = append(findings, outcome.Finding{
				Code:    "service_ended",
				Message: fmt.Sprintf("service %s ended with exit code %d while the application was tested", s.name, exit),
				Hint:    fmt.Sprintf("look at what app.services.%s needs: it runs without a network", s.name),
			})
		default:
		}
	}
	return findings
}
