// Package systems checks that the program and its tests compile on the systems that are not at hand.
package systems

import (
	"os"
	"testing"

	"golang.org/x/tools/go/packages"
)

// TestOtherSystems checks the types of all packages and their tests for macOS and Windows. From source that
// takes a tenth of the time of go vet, which compiles what they import.
func TestOtherSystems(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute for each system")
	}
	for _, system := range []string{"darwin", "windows"} {
		t.Run(system, func(t *testing.T) {
			const module = "github.com/drillgres/drillgres/..."
			found, err := packages.Load(&packages.Config{
				Mode:  packages.NeedName | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesSizes,
				Env:   append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0"),
				Tests: true,
			}, module)
			if err != nil || len(found) < 100 {
				t.Fatalf("%d packages: %v", len(found), err)
			}
			packages.Visit(found, nil, func(p *packages.Package) {
				for _, err := range p.Errors {
					t.Error(err)
				}
			})
		})
	}
}
