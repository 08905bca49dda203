package inspect

import (
	"bytes"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// read detects the format and reads the dump.
func read(f *feed, k *catalog, spent *layers.Budget) error {
	err := dispatch(f, k, spent)
	if broken := f.brokenErr(); StreamLevel(broken) {
		err = broken
	}
	return err
}

func dispatch(f *feed, k *catalog, spent *layers.Budget) error {
	head := f.peek(sniffLength)
	switch {
	case f.brokenErr() != nil:
		return f.brokenErr()
	case hasPrefix(head, archiveMagic):
		terminal := wentThroughTerminal(head, fewestFeeds)
		return explainTerminal(readArchive(f, k, spent), terminal)
	}
	if err := rejectForeign(head); err != nil {
		return err
	}
	return readPlain(f, k)
}

// readPlain reads SQL for psql. If nothing in the file was SQL of a dump, it returns
// not_a_dump instead of the error that ended the reading, which would mislead.
func readPlain(f *feed, k *catalog) error {
	k.c.Format = Plain
	head := bytes.Clone(f.peek(sniffLength))
	f.asText()
	if bytes.HasPrefix(f.peek(len(utf8Mark)), utf8Mark) {
		f.skip(len(utf8Mark))
		k.c.Reencoded = wentThroughTerminal(head, 1)
	}
	s := newScript(f, k)
	err := s.run()
	foreign := s.dialect != "" || err != nil && s.noteDialect()
	switch {
	case StreamLevel(f.brokenErr()):
		return f.brokenErr()
	case foreign:
		return foreignSQL(s.dialect)
	case s.mixed:
		return err
	case hasCode(err, outcome.DumpHostile):
		return err
	case err == nil && f.brokenErr() == nil && s.isBlank():
		return errEmpty("it contains only white space")
	case !s.isDump() && !s.isStump() && err == nil && s.statements > 0:
		return outcome.Fail(outcome.NotADump, "not a dump: it is SQL that neither creates nor fills anything")
	case !s.isDump() && !s.isStump():
		return notADump(head)
	case f.brokenErr() != nil:
		return f.brokenErr()
	case err != nil:
		return err
	}
	s.finishOutline()
	return s.end()
}
