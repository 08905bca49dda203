package inspect

import (
	"bytes"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/snapshot"
)

// maxComment is how much of a comment's line is read; pg_dump's own are short.
const maxComment = 256

// The comments by which pg_dump and pg_dumpall begin and end.
const (
	dumpHead    = "-- PostgreSQL database dump"
	dumpTail    = "-- PostgreSQL database dump complete"
	clusterHead = "-- PostgreSQL database cluster dump"
	clusterTail = "-- PostgreSQL database cluster dump complete"
)

// lineComment lexes a comment to the end of its line.
func (s *script) lineComment() {
	s.scratch = s.scratch[:0]
	for w := s.f.window(); len(w) > 0; w = s.f.window() {
		i := bytes.IndexAny(w, "\r\n")
		n := stop(w, i)
		if room := maxComment - len(s.scratch); room > 0 {
			s.scratch = append(s.scratch, w[:min(n, room)]...)
		}
		s.f.skip(n)
		if i >= 0 {
			break
		}
	}
	if !s.st.empty() || s.fragment {
		return
	}
	text := string(bytes.TrimRight(s.scratch, " \t"))
	s.remark(text)
	if len(s.f.window()) > 0 { // at the end of the file it may be cut
		s.announce(text)
	}
}

// remark reads pg_dump's own comments.
func (s *script) remark(text string) {
	switch text {
	case dumpHead:
		s.heads++
		s.k.c.DumpCount++
	case dumpTail:
		s.tails++
	case clusterHead:
		s.clusterHeads++
		s.k.c.Format = Cluster
	case clusterTail:
		s.clusterTails++
	}
	if text != "" && text != "--" {
		s.remarked = text
	}
	c := &s.k.c
	if v, ok := strings.CutPrefix(text, "-- Dumped from database version "); ok && c.ServerVersion == "" {
		c.ServerVersion = version(v)
	}
	if v, ok := strings.CutPrefix(text, "-- Dumped by pg_dump version "); ok && c.DumpVersion == "" {
		c.DumpVersion = version(v)
	}
	if v, ok := strings.CutPrefix(text, "-- Started on "); ok && c.TakenAt.IsZero() {
		c.TakenAt = startedOn(v)
	}
}

// version is "15.18" of "15.18 (Debian 15.18-0+deb12u1)".
func version(text string) string {
	v, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return v
}

// startedOn reads the time that pg_dump --verbose notes, such as
// "2026-07-01 12:34:56 CST". On Windows there is no zone.
func startedOn(text string) snapshot.Stated {
	const layout = "2006-01-02 15:04:05"
	if len(text) < len(layout) {
		return snapshot.Stated{}
	}
	clock, err := time.Parse(layout, text[:len(layout)])
	if err != nil {
		return snapshot.Stated{}
	}
	return snapshot.Stated{Clock: clock, Zone: strings.TrimSpace(text[len(layout):])}
}

// blockComment lexes a comment that may hold others.
func (s *script) blockComment() error {
	s.f.skip(2)
	line := s.f.line()
	for depth := 1; depth > 0; {
		w := s.f.window()
		if len(w) == 0 {
			return s.openSince("a comment", line)
		}
		i := bytes.IndexAny(w, "*/")
		s.f.skip(stop(w, i))
		if i < 0 {
			continue
		}
		switch string(s.f.peek(2)) {
		case "*/":
			depth--
			s.f.skip(2)
		case "/*":
			depth++
			s.f.skip(2)
		default:
			s.f.skip(1)
		}
	}
	return nil
}
