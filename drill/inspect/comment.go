package inspect

import (
	"regexp"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/snapshot"
)

// maxComment is how many bytes of a comment line are read. Those of pg_dump are
// short.
const maxComment = 256

// The first and last comments of pg_dump and pg_dumpall.
const (
	dumpHead    = "-- PostgreSQL database dump"
	dumpTail    = "-- PostgreSQL database dump complete"
	clusterHead = "-- PostgreSQL database cluster dump"
	clusterTail = "-- PostgreSQL database cluster dump complete"
)

// readComment reads a comment between statements.
func (s *script) readComment(text string) {
	if !s.st.isEmpty() || s.fragment {
		return
	}
	whole := len(text) < maxComment
	text = strings.TrimRight(text[:min(len(text), maxComment)], " \t")
	s.readRemark(text)
	if len(s.f.window()) > 0 { // a comment at the end of the file may be incomplete
		s.announce(text, whole)
	}
}

// readRemark reads the comments in which pg_dump states versions and times, and
// those that begin and end a dump.
func (s *script) readRemark(text string) {
	switch text {
	case dumpHead:
		s.heads++
		s.k.c.DumpCount++
	case dumpTail:
		s.tails++
		s.tailStatements = s.statements
	case clusterHead:
		s.clusterHeads++
		s.k.c.Format = Cluster
	case clusterTail:
		s.clusterTails++
	}
	if text != "" && text != "--" {
		s.lastRemark = text
	}
	if text == unpackedRemark {
		s.unpacked = true
	}
	c := &s.k.c
	if v, ok := strings.CutPrefix(text, "-- Dumped from database version "); ok && c.ServerVersion == "" {
		c.ServerVersion = versionNumber(v)
	}
	if v, ok := strings.CutPrefix(text, "-- Dumped by pg_dump version "); ok && c.DumpVersion == "" {
		c.DumpVersion = versionNumber(v)
	}
	if v, ok := strings.CutPrefix(text, "-- Started on "); ok && c.TakenAt.IsZero() {
		c.TakenAt = parseStartedOn(v)
	}
}

// unpackedRemark is a comment in the restore.sql of a dump in tar format, which has the
// rows in files beside it.
const unpackedRemark = "-- File paths need to be edited. Search for $$PATH$$ and"

// versionNumber returns "15.18" for "15.18 (Debian 15.18-0+deb12u1)". It returns an
// empty string for text that is not a version, because reports show it.
func versionNumber(text string) string {
	v, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	if !plainVersion.MatchString(v) {
		return ""
	}
	return v
}

var plainVersion = regexp.MustCompile(`^[0-9]{1,3}(?:[.][0-9]{1,4})*(?:(?:alpha|beta|rc|devel)[0-9]{0,2})?(?:[-+~][0-9A-Za-z.+~-]{0,16})?$`)

// plainZone matches an abbreviation, an offset, or the name that Windows has for a zone.
var plainZone = regexp.MustCompile(`^[A-Za-z0-9+:./ -]{1,40}$`)

// parseStartedOn parses the start time that pg_dump --verbose writes, such as
// "2026-07-01 12:34:56 CST". On Windows the zone is missing.
func parseStartedOn(text string) snapshot.Stated {
	const layout = "2006-01-02 15:04:05"
	if len(text) < len(layout) {
		return snapshot.Stated{}
	}
	clock, err := time.Parse(layout, text[:len(layout)])
	if err != nil {
		return snapshot.Stated{}
	}
	zone := strings.TrimSpace(text[len(layout):])
	if !plainZone.MatchString(zone) {
		zone = ""
	}
	return snapshot.Stated{Clock: clock, Zone: zone}
}
