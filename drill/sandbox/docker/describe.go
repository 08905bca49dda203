package docker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Description holds what the engine reports about itself.
type Description struct {
	Host       string // its address, without a password
	From       string // what named it: DOCKER_HOST, a Docker context …
	Local      bool   // it may share this machine's files
	Name       string // of the machine it runs on
	Version    string
	APIVersion string
	OS         string
	Arch       string
	CPUs       int
	Memory     int64 // bytes
	RootDir    string
	Driver     string    // of its storage
	Rootless   bool      // it runs as an ordinary user
	Cgroups    string    // version of the control groups: 1 or 2; empty: unknown
	Unlimited  []string  // what it cannot limit: memory, swap, CPUs, processes
	Time       time.Time // by its clock; zero: it does not state it
}

// Describe asks the engine about itself.
func (e *Engine) Describe(ctx context.Context) (Description, error) {
	info, err := e.client.Info(ctx, client.InfoOptions{})
	if err != nil {
		return Description{}, unreachable(e.at, err)
	}
	i := info.Info
	d := Description{
		Host: e.at.address(), From: e.at.from, Local: e.at.local(), Name: i.Name, Version: i.ServerVersion, APIVersion: e.client.ClientVersion(),
		OS: i.OperatingSystem, Arch: i.Architecture, CPUs: i.NCPU, Memory: i.MemTotal, RootDir: i.DockerRootDir, Driver: i.Driver,
		Rootless: slices.ContainsFunc(i.SecurityOptions, isRootless), Cgroups: i.CgroupVersion,
	}
	d.Time, _ = time.Parse(time.RFC3339Nano, i.SystemTime)
	for _, limit := range []struct {
		works bool
		what  string
	}{{i.MemoryLimit, "memory"}, {i.SwapLimit, "swap"}, {i.CPUCfsQuota, "CPUs"}, {i.PidsLimit, "processes"}} {
		if !limit.works {
			d.Unlimited = append(d.Unlimited, limit.what)
		}
	}
	return d, nil
}

// isRootless matches the security option of rootless Docker and rootless Podman. Other
// fields may follow the name.
func isRootless(option string) bool {
	name, _, _ := strings.Cut(option, ",")
	return name == "name=rootless"
}

// Product returns which engine it is, without its version: Docker Engine, Docker Desktop,
// Podman.
func (e *Engine) Product(ctx context.Context) (string, error) {
	v, err := e.client.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return "", fmt.Errorf("ask the engine for its version: %w", daemonError(err))
	}
	for _, c := range v.Components {
		if c.Name == "Podman Engine" {
			return "Podman", nil
		}
	}
	return cmp.Or(v.Platform.Name, "Docker Engine"), nil
}

// Image is what the engine knows about an image without starting it.
type Image struct {
	Ref      string
	Identity string // the digest of its manifest, or its id if it was never in a registry
	OS, Arch string // amd64, arm64 …
	Major    int    // of Postgres, according to PG_MAJOR, which the official image and those made from it set; 0: unknown
	DataDir  string // where Postgres stores its data: a volume
}

// Image looks up an image, without pulling it. It returns false if the engine does not
// have it. Failure: image_unavailable.
func (e *Engine) Image(ctx context.Context, ref string) (Image, bool, error) {
	found, err := e.client.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return Image{}, false, nil
	}
	if err != nil {
		return Image{}, false, outcome.Fail(outcome.ImageUnavailable, "look up image %s: %w", ref, daemonError(err))
	}
	img := describeImage(found)
	major, _ := strconv.Atoi(img.env["PG_MAJOR"]) // 0: unknown
	return Image{Ref: ref, Identity: img.identity(), OS: found.Os, Arch: found.Architecture, Major: major, DataDir: img.dataDir()}, true, nil
}
