package sftp

import "time"

// Hurry sets how long the source waits, for tests.
func (s *Source) Hurry(silence, idle time.Duration) {
	s.silence, s.idle, s.backoff = silence, idle, time.Millisecond
}

// Down returns a channel that is closed when the present connection ends.
func (s *Source) Down() <-chan struct{} { return s.current.Load().down }
