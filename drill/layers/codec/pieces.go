package codec

// pieces collects pieces of a known length, and skips what is between them.
type pieces struct {
	skip int64 // bytes to skip before the next piece
	want int   // length of the next piece; 0: the stream ends
	got  []byte
	take func(piece []byte) error // sets skip, want and take for what follows
	lost bool                     // the structure is broken: all bytes belong to the stream
}

// next sets the piece that follows after skip bytes.
func (s *pieces) next(skip int64, want int, take func([]byte) error) {
	s.skip, s.want, s.take = skip, want, take
}

// last ends the stream after skip bytes.
func (s *pieces) last(skip int64) { s.next(skip, 0, nil) }

func (s *pieces) lose() error {
	s.lost = true
	return nil
}

// walk implements framing.
func (s *pieces) walk(p []byte) (int, bool, error) {
	n := 0
	for n < len(p) && !s.lost {
		k := int(min(s.skip, int64(len(p)-n)))
		n, s.skip = n+k, s.skip-int64(k)
		if s.skip > 0 {
			break
		}
		k = min(s.want-len(s.got), len(p)-n)
		s.got = append(s.got, p[n:n+k]...)
		n += k
		if s.want > 0 && len(s.got) == s.want {
			err := s.take(s.got)
			s.got = s.got[:0]
			if err != nil {
				return n, false, err
			}
		}
		if s.want == 0 && s.skip == 0 && !s.lost {
			return n, true, nil
		}
	}
	if s.lost {
		n = len(p)
	}
	return n, false, nil
}
