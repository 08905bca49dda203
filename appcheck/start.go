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

// serviceWithin is how long a service may take to accept connections.
const serviceWithin = time.Minute

// service is a running container that the application needs.
type service struct {
	name    string
	process sandbox.Process
}

// WithServices starts the services that the application needs, calls f, and
// removes them. The findings name services that ended before f returned.
func (c Checker) WithServices(ctx context.Context, s provision.Server, a Access, f func() error) (findings []outcome.Finding, err error) {
	c = c.withRedactors()
	services, err := c.startServices(ctx, s, a)
	defer func() {
		for _, started := range services {
			err = c.remove(ctx, err, started.process)
		}
	}()
	if err != nil {
		return nil, err
	}
	err = f()
	return endedEarly(services), err
}

// remove removes a container unless the containers are kept. It returns err, or if
// that is nil the error of the removal.
func (c Checker) remove(ctx context.Context, err error, p sandbox.Process) error {
	if c.Keep {
		return err
	}
	removeErr := p.Remove(ctx)
	if err == nil {
		return removeErr
	}
	return err
}

// startServices starts the services in the order of their names. It starts each
// one after the previous one accepts connections.
func (c Checker) startServices(ctx context.Context, s provision.Server, a Access) ([]service, error) {
	var started []service
	for _, name := range slices.Sorted(maps.Keys(c.Config.Services)) {
		configured := c.Config.Services[name]
		process, err := s.Start(ctx, sandbox.Container{
			Name: name, Image: string(configured.Image), Command: configured.Command, Env: a.resolve(configured.Env),
		})
		if err != nil {
			return started, err
		}
		started = append(started, service{name, process})
		if configured.Port == 0 {
			continue
		}
		if err := c.awaitService(ctx, s, service{name, process}, configured.Port); err != nil {
			return started, err
		}
	}
	return started, nil
}

// awaitService waits until a service accepts connections.
func (c Checker) awaitService(ctx context.Context, s provision.Server, started service, port int) error {
	running, stop := whileRunning(ctx, started.process)
	defer stop()
	saw, err := poll(running, serviceWithin, prober{dialer: s, port: port}.accepts)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errEnded):
		return ended(started.process, "service "+started.name, "", c.LastLines(ctx, started.process))
	case !errors.Is(err, errNotReady):
		return err
	}
	return outcome.Fail(outcome.AppNotReady, "service %s did not accept connections on port %d within %s: %s%s",
		started.name, port, serviceWithin, saw, logExcerpt(c.LastLines(ctx, started.process))).
		WithHint("correct app.services.%s, or read its last log lines in the message", started.name)
}

// startApp starts the application. No service can have the name of its container.
func (c Checker) startApp(ctx context.Context, s provision.Server, a Access) (sandbox.Process, error) {
	return s.Start(ctx, sandbox.Container{
		Name: "app_under_test", Image: string(c.Config.Image), Command: c.Config.Command, Env: a.Env(c.Config.Env),
	})
}

// errEnded is the cause of a context that ends with a container.
var errEnded = errors.New("the container ended")

// whileRunning returns a context that ends with a container, so that no request
// waits for the answer of a container that has ended.
func whileRunning(ctx context.Context, p sandbox.Process) (running context.Context, stop func()) {
	running, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-p.Done():
			cancel(errEnded)
		case <-running.Done():
		}
	}()
	return running, func() { cancel(context.Canceled) }
}

// endedEarly returns a finding for each service that has ended.
func endedEarly(services []service) []outcome.Finding {
	var findings []outcome.Finding
	for _, s := range services {
		select {
		case <-s.process.Done():
			exit, _ := s.process.Ended()
			findings = append(findings, outcome.Finding{
				Code:    "service_ended",
				Message: fmt.Sprintf("service %s ended with exit code %d while the application was tested", s.name, exit),
				Hint:    fmt.Sprintf("check the settings of app.services.%s: a service runs without a network", s.name),
			})
		default:
		}
	}
	return findings
}
