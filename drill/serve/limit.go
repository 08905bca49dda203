package serve

import (
	"net/netip"
	"sync"
	"time"
)

// A password may be guessed so often from one address. A reader who mistypes it does not
// notice, and a program that scrapes with an old password every 15 seconds does not either.
const (
	mostGuesses   = 10
	guessesWithin = time.Minute
	mostAddresses = 10_000 // of wrong passwords that are remembered
)

// limiter counts wrong passwords by address.
type limiter struct {
	now func() time.Time

	mu      sync.Mutex
	began   time.Time // of the present minute
	guesses map[netip.Prefix]int
}

// try judges a password of an address, unless that address has guessed too often. Then, or
// after a wrong password that it cannot remember, it returns how long the address must wait.
// One guess at a time: many at once do not escape the limit. An address that has not guessed
// is never refused unjudged, or guesses from everywhere would lock every reader out.
func (l *limiter) try(remote string, isRight func() bool) (right bool, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.renew()
	at := prefixOf(remote)
	n, known := l.guesses[at]
	if n >= mostGuesses {
		return false, left
	}
	if isRight() {
		return true, 0
	}
	if !known && len(l.guesses) >= mostAddresses {
		return false, left
	}
	l.guesses[at]++
	return false, 0
}

// renew forgets all guesses once a minute, and returns how long the present one lasts.
func (l *limiter) renew() time.Duration {
	now := l.now()
	age := now.Sub(l.began)
	if l.guesses == nil || age < 0 || age >= guessesWithin {
		l.began, l.guesses, age = now, map[netip.Prefix]int{}, 0
	}
	return guessesWithin - age
}

// prefixOf returns the network that one reader has: an address, or of IPv6 the 64 bits that
// a provider gives to each customer. An address that is none is that of everybody else.
func prefixOf(remote string) netip.Prefix {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	ip := at.Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	network, _ := ip.Prefix(bits) // no error: the bits fit
	return network
}
