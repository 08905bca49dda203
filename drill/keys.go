package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// blameForKey makes a wrong key the backup's failure if a key of the config has opened an
// earlier backup of the database: then the job encrypts for another key now. A passphrase
// has no fingerprint, so it proves nothing.
func (d Drill) blameForKey(ctx context.Context, err error) error {
	var f *outcome.Failure
	if !errors.As(err, &f) || f.Code != outcome.KeyWrong || f.Fault != "" || d.OpenedBefore == nil {
		return err
	}
	opened, lookup := d.OpenedBefore(ctx)
	if lookup != nil { // the record stage reports it
		return err
	}
	for _, key := range d.opener().Keys.Fingerprints() {
		if slices.Contains(opened, key) {
			blamed := *f
			blamed.Fault = outcome.ClassBackup
			blamed.Err = fmt.Errorf("%w; %s has opened earlier backups of this database", f.Err, key)
			return &blamed
		}
	}
	return err
}

// opener returns what opens the layers of the backup, as it is known by now.
func (d Drill) opener() layers.Opener {
	if d.Opener == nil {
		return layers.Opener{}
	}
	return *d.Opener
}
