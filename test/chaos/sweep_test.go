package chaos

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
)

// TestSweepSparesTheLiving kills one drill beside another: the next drill, of
// any config, removes what is left of the one and leaves the other alone.
func TestSweepSparesTheLiving(t *testing.T) {
	images.NeedEngine(t)
	living, dead := restoring(t).config, restoring(t).config
	alive := program.Start(t, living)
	bystander := alive.WaitForSleep(t)

	l := program.Start(t, dead)
	l.WaitForSleep(t)
	if err := l.Cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	l.Wait(t, time.Minute)
	if len(program.Leftovers(t, dead)) == 0 {
		t.Fatal("the killed drill left nothing: nothing is tested")
	}

	next := program.ShopConfig(t, "    restore: {timeout: 1m}\n")
	if err := os.Remove(filepath.Join(filepath.Dir(next), "backups", "shop.dump")); err != nil {
		t.Fatal(err)
	}
	program.Drill(t, "--config", next)
	if l := program.Leftovers(t, dead); len(l) > 0 {
		t.Errorf("not swept: %q", l)
	}
	if ids := program.EngineList(t, "ps", "-q", "--filter", "id="+bystander); len(ids) != 1 {
		t.Error("the living drill's container was swept")
	}
	if err := alive.Cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, exit := alive.Result(t, time.Minute); exit != 130 {
		t.Errorf("the living drill ended with %d", exit)
	}
}
