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

// probeWithin limits the probe. It would wait forever on an engine that does not
// pass on the end of a command's input.
const probeWithin = 30 * time.Second

// unusedAddress is reserved for documentation (RFC 5737, TEST-NET-1).
const unusedAddress = "192.0.2.1"

// probe lists tools, CPUs, interfaces and routes, and tries to connect to an outside
// address. It needs only what every image has. sh reads it from standard input,
// which also tests that the engine passes on the end of the input.
const probe = `command -v bash >/dev/null 2>&1 && echo "tool bash"
command -v nc >/dev/null 2>&1 && echo "tool nc"
echo "cpus $(nproc 2>/dev/null)"
for i in /sys/class/net/*; do
	read -r flags <"$i/flags" && echo "interface ${i##*/} $flags"
done
while read -r iface rest; do echo "route4 $iface"; done </proc/net/route
while read -r a b c d e f g h i iface; do echo "route6 $iface"; done </proc/net/ipv6_route 2>/dev/null
echo "outbound $(
	if command -v bash >/dev/null 2>&1; then
		timeout 5 bash -c 'exec 3<>/dev/tcp/` + unusedAddress + `/443' 2>&1
	else
		timeout 5 nc -w 3 ` + unusedAddress + ` 443 </dev/null 2>&1
	fi | tr '\n' ' '
)"
`

// probeResult is the parsed output of probe.
type probeResult struct {
	bash, netcat bool
	cpus         int // 0: unknown
	interfaces   []string
	up           []string // interfaces that are up, except loopback
	routes       int      // except those of loopback
	outbound     string   // error of the connection
}

// checkIsolation checks from inside that the pod cannot reach any network. It
// also returns the tools with which Dial can connect into the pod, and sets the pod's CPUs.
func (p *pod) checkIsolation(ctx context.Context) (outcome.Isolation, portTools, error) {
	found, err := p.runProbe(ctx)
	if err != nil {
		return outcome.Isolation{}, portTools{}, err
	}
	p.cpus = found.cpus
	mode, published, err := p.networkOf(ctx, p.id)
	if err != nil {
		return outcome.Isolation{}, portTools{}, p.explain(ctx, err)
	}
	i := outcome.Isolation{
		Network: mode, Interfaces: found.interfaces, Routes: found.routes,
		PublishedPorts: published, Outbound: found.outbound,
	}
	switch {
	case mode != "none" || published > 0:
		return i, portTools{}, outcome.Fail(outcome.IsolationBroken, "the engine gave the Postgres container the network %q and %d published ports instead of none", mode, published)
	case found.bash:
		return i, withBash, found.checkIsolated()
	case found.netcat:
		return i, withNetcat, found.checkIsolated()
	}
	return i, portTools{}, outcome.Fail(outcome.ServerStartFailed, "the image %s has neither bash nor nc, one of which drillgres needs to reach Postgres", p.spec.Image).
		WithHint("set postgres.image to an image that has bash")
}

func (p *pod) runProbe(ctx context.Context) (probeResult, error) {
	limited, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	var out, stderr strings.Builder
	code, err := p.Exec(limited, sandbox.Command{
		Args: []string{"sh", "-s"}, Stdin: strings.NewReader(probe), Stdout: &out, Stderr: &stderr,
	})
	if ctx.Err() == nil && limited.Err() != nil {
		return probeResult{}, outcome.Fail(outcome.EngineUnreachable,
			"the container engine at %s does not pass on the end of a command's input: a probe was still waiting for input after %s", p.engine.at, probeWithin).
			WithHint("update the container engine, or use another one")
	}
	if err != nil {
		return probeResult{}, err
	}
	if code != 0 {
		return probeResult{}, outcome.Fail(outcome.ServerStartFailed, "check the isolation of the Postgres container: exit code %d: %s", code, stderr.String())
	}
	return parseProbe(out.String()), nil
}

func parseProbe(out string) probeResult {
	s := probeResult{interfaces: []string{}}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "tool":
			s.bash = s.bash || value == "bash"
			s.netcat = s.netcat || value == "nc"
		case "cpus":
			s.cpus, _ = strconv.Atoi(value)
		case "interface":
			name, flags, _ := strings.Cut(value, " ")
			s.interfaces = append(s.interfaces, name)
			// Some kernels add tunnels that are down to every namespace.
			if name != "lo" && isUp(flags) {
				s.up = append(s.up, name)
			}
		case "route4", "route6":
			if value != "lo" && value != "Iface" {
				s.routes++
			}
		case "outbound":
			s.outbound = connectError(value)
		}
	}
	slices.Sort(s.interfaces)
	return s
}

// isUp reports whether the flags of an interface say that it is up. It returns
// true for flags that it cannot parse.
func isUp(flags string) bool {
	n, err := strconv.ParseUint(strings.TrimSpace(flags), 0, 64)
	return err != nil || n&1 != 0
}

// connectError returns the system's error text from what a shell or nc printed.
func connectError(output string) string {
	lower := strings.ToLower(output)
	if strings.Contains(lower, "network is unreachable") || strings.Contains(lower, "network unreachable") {
		return "network is unreachable"
	}
	if output = strings.TrimSpace(output); output != "" {
		return output
	}
	return "no error"
}

// checkIsolated returns a Failure if the probe found access to a network.
func (s probeResult) checkIsolated() error {
	switch {
	case len(s.up) > 0:
		return outcome.Fail(outcome.IsolationBroken, "the sandbox has network interfaces besides loopback: %s", strings.Join(s.up, ", "))
	case s.routes > 0:
		return outcome.Fail(outcome.IsolationBroken, "the sandbox has %d network routes; it must have none", s.routes)
	case s.outbound != "network is unreachable":
		return outcome.Fail(outcome.IsolationBroken, "connecting to %s from inside the sandbox must fail at once with \"network is unreachable\"; the result was: %s", unusedAddress, s.outbound)
	}
	return nil
}

// networkOf returns the network mode of a container and the number of its
// published ports.
func (p *pod) networkOf(ctx context.Context, id string) (mode string, published int, err error) {
	found, err := p.client.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return "", 0, fmt.Errorf("read the network of a container: %w", err)
	}
	c := found.Container
	if c.HostConfig == nil {
		return "", 0, errors.New("the engine does not report the network of a container")
	}
	if c.NetworkSettings != nil {
		for _, bindings := range c.NetworkSettings.Ports {
			published += len(bindings)
		}
	}
	return string(c.HostConfig.NetworkMode), published, nil
}

// checkNetwork returns a Failure if a started container has anything but the
// pod's network.
func (p *pod) checkNetwork(ctx context.Context, id, name string) error {
	mode, published, err := p.networkOf(ctx, id)
	if err != nil {
		return p.explain(ctx, err)
	}
	if mode != p.networkMode() || published > 0 {
		return outcome.Fail(outcome.IsolationBroken, "the engine gave the container %s the network %q and %d published ports instead of the sandbox's network", name, mode, published)
	}
	return nil
}

func (p *pod) networkMode() string { return "container:" + p.id }
