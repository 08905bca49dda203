package sourcetest_test

import (
	"testing"

	"github.com/drillgres/drillgres/drill/locate/sourcetest"
)

func TestMemory(t *testing.T) {
	sourcetest.Run(t, func(*testing.T) sourcetest.Place {
		var m sourcetest.Memory
		return sourcetest.Place{Source: &m, Put: m.Put, Remove: m.Remove}
	})
}

func TestFaultyWithoutFaults(t *testing.T) {
	sourcetest.Run(t, func(*testing.T) sourcetest.Place {
		var m sourcetest.Memory
		none := func(int, int64, int64) sourcetest.Fault { return sourcetest.Fault{} }
		return sourcetest.Place{Source: &sourcetest.Faulty{Source: &m, Plan: none}, Put: m.Put, Remove: m.Remove}
	})
}
