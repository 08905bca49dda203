package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/metrics"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/serve"
)

type serveOptions struct {
	config      string
	listen      string
	user        string
	behindProxy string
	hosts       []string
	days        int
}

// servePassword is the environment variable with the password of --user.
const servePassword = "DRILLGRES_SERVE_PASSWORD"

func (o serveOptions) validate() error {
	if o.days < 1 || o.days > maxReportDays {
		return usage("--days: %d is not between 1 and %d", o.days, maxReportDays)
	}
	if _, _, err := net.SplitHostPort(o.listen); err != nil {
		return usage("--listen: %q is not an address (want HOST:PORT)", o.listen)
	}
	if strings.ContainsAny(o.user, ":\x00\r\n") {
		return usage("--user: the name contains a character that basic authentication does not allow")
	}
	if strings.ContainsAny(o.behindProxy, " \t:\r\n") {
		return usage("--behind-proxy: %q is not the name of a header", o.behindProxy)
	}
	if !serve.IsLoopback(o.listen) && o.user == "" && o.behindProxy == "" {
		return usage("--listen %s: other machines would reach it, and everybody could read it", o.listen).
			WithHint("add --user and set %s, or add --behind-proxy, or listen on 127.0.0.1", servePassword)
	}
	return nil
}

func newServe(e edges) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Show the report over HTTP, read only",
		Long: "Serves the pages of drillgres report until it is interrupted: / is the state of all databases,\n" +
			"/databases/NAME and /drills/RUN are their pages, /badges/NAME.svg is a badge, /api/databases and\n" +
			"/api/drills/RUN are the same as JSON, /metrics is for Prometheus, and /healthz says whether the\n" +
			"history can be read.\n\n" +
			"Only this machine reaches it, unless --listen names another address. Then it needs --user, with\n" +
			"the password in the environment variable " + servePassword + ", or --behind-proxy. It speaks no\n" +
			"TLS: a reverse proxy does.",
		Args: positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error { return runServe(cmd.Context(), e, o) },
	}
	configFlag(cmd, &o.config)
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "listen on `ADDRESS`; port 0: any free port")
	f.StringVar(&o.user, "user", "", "ask for basic authentication as `USER`")
	f.StringVar(&o.behindProxy, "behind-proxy", "", "refuse a request unless this `HEADER` is set: a reverse proxy names the user in it")
	f.StringSliceVar(&o.hosts, "host", nil, "answer only requests to this `HOST` name; repeatable; default on loopback: localhost and 127.0.0.1")
	f.IntVar(&o.days, "days", 90, "list the drills of this many `DAYS`")
	return cmd
}

// guard returns who may read.
func (o serveOptions) guard(e edges) (serve.Guard, error) {
	g := serve.Guard{User: o.user, Header: o.behindProxy}
	for _, host := range o.hosts {
		g.Hosts = append(g.Hosts, strings.ToLower(host))
	}
	if serve.IsLoopback(o.listen) {
		g.Hosts = append(g.Hosts, serve.LoopbackHosts...)
	}
	password, _ := e.getenv(servePassword)
	if g.Password = redact.Secret(password); o.user != "" && password == "" {
		return g, usage("--user: %s is not set", servePassword).WithHint("set the environment variable %s to the password of %s", servePassword, o.user)
	}
	return g, nil
}

func runServe(ctx context.Context, e edges, o serveOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	guard, err := o.guard(e)
	if err != nil {
		return err
	}
	cfg, h, err := openHistory(ctx, e, o.config)
	if err != nil {
		return err
	}
	defer h.Close()
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", o.listen)
	if err != nil {
		return usage("--listen: %w", err).WithHint("choose another address or port")
	}
	log := newLogger(e)
	guard.Now, guard.Log = e.now, log
	site := &serve.Site{History: h, Targets: fleet.TargetsIn(cfg), Days: o.days, Now: e.now, Log: log}
	if _, err := fmt.Fprintf(e.stderr, "listening on http://%s\n", listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serveUntil(ctx, listener, guard.Protect(site.Handler(map[string]http.Handler{
		"GET /metrics": metrics.Handler(h, fleet.TargetsIn(cfg), programVersion(), e.now, log),
	})))
}

// How long a request may take. A page takes a second, and a history in a bucket some.
const (
	readRequest  = 10 * time.Second
	writeAnswer  = 2 * time.Minute
	idle         = 2 * time.Minute
	shutDown     = 10 * time.Second
	headerMemory = 16 << 10
)

// serveUntil serves until ctx ends, and then completes the answers that have begun.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: readRequest, ReadTimeout: readRequest, WriteTimeout: writeAnswer, IdleTimeout: idle, MaxHeaderBytes: headerMemory,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return outcome.Fail(outcome.Internal, "serve: %w", err)
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutDown)
	defer cancel()
	if err := server.Shutdown(limited); err != nil {
		return server.Close() // an answer takes too long
	}
	return nil
}
