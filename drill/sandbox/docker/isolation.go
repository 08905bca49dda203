package docker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// probeWithin is how long the look around may take. An engine that does not
// pass on the end of a command's input keeps the probe waiting for more.
const probeWithin = 30 * time.Second

// nowhere belongs to nobody (RFC 5737, TEST-NET-1).
const nowhere = "192.0.2.1"

// probe looks around with what every image has. It is read from standard
// input, and so also shows whether that ever ends.
const probe = `command -v bash >/dev/null 2>&1 && echo "tool bash"
command -v nc >/dev/null 2>&1 && echo "tool nc"
for i in /sys/class/net/*; do
	read -r flags <"$i/flags" && echo "interface ${i##*/} $flags"
done
while read -r iface rest; do echo "route4 $iface"; done </proc/net/route
while read -r a b c d e f g h i iface; do echo "route6 $iface"; done </proc/net/ipv6_route 2>/dev/null
echo "outbound $(
	if command -v bash >/dev/null 2>&1; then
		timeout 5 bash -c 'exec 3<>/dev/tcp/` + nowhere + `/443' 2>&1
	else
		timeout 5 nc -w 3 ` + nowhere + ` 443 </dev/null 2>&1
	fi | tr '\n' ' '
)"
`

// surroundings are what the probe found.
type surroundings struct {
	bash, netcat bool
	interfaces   []string
	up           []string // interfaces that are up, without loopback
	routes       int      // without those of loopback
	outbound     string
}

// isolation looks from inside whether there is a way out, and finds out by
// which tools to get in.
func (p *pod) isolation(ctx context.Context) (outcome.Isolation, reach, error) {
	found, err := p.lookAround(ctx)
	if err != nil {
		return outcome.Isolation{}, reach{}, err
	}
	mode, published, err := p.network(ctx, p.id)
	if err != nil {
		return outcome.Isolation{}, reach{}, p.explain(ctx, err)
	}
	i := outcome.Isolation{
		Network: mode, Interfaces: found.interfaces, Routes: found.routes,
		PublishedPorts: published, Outbound: found.outbound,
	}
	switch {
	case mode != "none" || published > 0:
		return i, reach{}, outcome.Fail(outcome.IsolationBroken, "the Postgres container was given network %q and %d published ports, though it asked for none", mode, published)
	case found.bash:
		return i, byBash, found.wayOut()
	case found.netcat:
		return i, byNetcat, found.wayOut()
	}
	return i, reach{}, outcome.Fail(outcome.ServerStartFailed, "the image %s has neither bash nor nc, one of which drillgres needs to reach Postgres", p.spec.Image).
		WithHint("set postgres.image to an image that has bash")
}

func (p *pod) lookAround(ctx context.Context) (surroundings, error) {
	limited, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	var out, complaints strings.Builder
	code, err := p.Exec(limited, sandbox.Command{
		Args: []string{"sh", "-s"}, Stdin: strings.NewReader(probe), Stdout: &out, Stderr: &complaints,
	})
	if ctx.Err() == nil && limited.Err() != nil {
		return surroundings{}, outcome.Fail(outcome.EngineUnreachable,
			"the container engine at %s does not pass on the end of a command's input: a probe still waits for more after %s", p.engine.at, probeWithin).
			WithHint("update the container engine, or use another one")
	}
	if err != nil {
		return surroundings{}, err
	}
	if code != 0 {
		return surroundings{}, outcome.Fail(outcome.ServerStartFailed, "look around in the Postgres container: exit code %d: %s", code, complaints.String())
	}
	return parseProbe(out.String()), nil
}

func parseProbe(out string) surroundings {
	s := surroundings{interfaces: []string{}}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "tool":
			s.bash = s.bash || value == "bash"
			s.netcat = s.netcat || value == "nc"
		case "interface":
			name, flags, _ := strings.Cut(value, " ")
			s.interfaces = append(s.interfaces, name)
			// A kernel puts tunnels that are down into every namespace.
			if name != "lo" && isUp(flags) {
				s.up = append(s.up, name)
			}
		case "route4", "route6":
			if value != "lo" && value != "Iface" {
				s.routes++
			}
		case "outbound":
			s.outbound = reason(value)
		}
	}
	slices.Sort(s.interfaces)
	return s
}

// isUp reads the flags of an interface; what it cannot read counts as up.
func isUp(flags string) bool {
	n, err := strconv.ParseUint(strings.TrimSpace(flags), 0, 64)
	return err != nil || n&1 != 0
}

// reason is the system's own text in what a shell or nc says of a connect.
func reason(said string) string {
	lower := strings.ToLower(said)
	if strings.Contains(lower, "network is unreachable") || strings.Contains(lower, "network unreachable") {
		return "network is unreachable"
	}
	if said = strings.TrimSpace(said); said != "" {
		return said
	}
	return "no error"
}

func (s surroundings) wayOut() error {
	switch {
	case len(s.up) > 0:
		return outcome.Fail(outcome.IsolationBroken, "the sandbox has network interfaces besides loopback: %s", strings.Join(s.up, ", "))
	case s.routes > 0:
		return outcome.Fail(outcome.IsolationBroken, "the sandbox has %d network routes, and must have none", s.routes)
	case s.outbound != "network is unreachable":
		return outcome.Fail(outcome.IsolationBroken, "a connect to %s from inside the sandbox must fail at once with \"network is unreachable\", but gave: %s", nowhere, s.outbound)
	}
	return nil
}

// network is what the engine gave a container.
func (p *pod) network(ctx context.Context, id string) (mode string, published int, err error) {
	found, err := p.client.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return "", 0, fmt.Errorf("ask for the network of a container: %w", err)
	}
	c := found.Container
	if c.HostConfig == nil {
		return "", 0, errors.New("the engine does not tell the network of a container")
	}
	if c.NetworkSettings != nil {
		for _, bindings := range c.NetworkSettings.Ports {
			published += len(bindings)
		}
	}
	return string(c.HostConfig.NetworkMode), published, nil
}

// joined makes sure that a further container has the pod's network and
// nothing else.
func (p *pod) joined(ctx context.Context, id, name string) error {
	mode, published, err := p.network(ctx, id)
	if err != nil {
		return p.explain(ctx, err)
	}
	if mode != p.networkMode() || published > 0 {
		return outcome.Fail(outcome.IsolationBroken, "the container %s was given network %q and %d published ports, though it was to share the sandbox's", name, mode, published)
	}
	return nil
}

func (p *pod) networkMode() string { return "container:" + p.id }
