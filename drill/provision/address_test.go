package provision

import (
	"context"
	"errors"
	"net"
	"testing"
)

type noDialer struct{}

func (noDialer) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("not dialled")
}

// A connection may wait for the server's start.
func TestTheEnvironmentDoesNotLimitHowLongAConnectionWaits(t *testing.T) {
	t.Setenv("PGCONNECT_TIMEOUT", "1")
	var pod *Address
	cfg, err := pod.config(noDialer{})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.ConnectTimeout != 0 {
		t.Errorf("the timeout is %s", cfg.ConnectTimeout)
	}
}
