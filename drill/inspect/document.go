package inspect

import (
	"encoding/json"

	"github.com/drillgres/drillgres/drill/snapshot"
)

// document is the JSON form of Contents: one flat object with stable keys.
type document struct {
	Format      Format   `json:"format"`
	Layers      []string `json:"layers"` // from the outside in
	Compression string   `json:"compression"`
	Encryption  string   `json:"encryption"`
	Key         string   `json:"key,omitempty"`
	Member      string   `json:"member,omitempty"`

	ServerVersion  string          `json:"server_version"`
	DumpVersion    string          `json:"pg_dump_version"`
	ArchiveVersion string          `json:"archive_version"`
	TakenAt        snapshot.Stated `json:"taken_at,omitzero"`
	Restricted     bool            `json:"restricted"`
	DecodedBytes   int64           `json:"decoded_bytes"`

	Database        Database `json:"database"`
	CreatesDatabase bool     `json:"creates_database"`
	DumpCount       int      `json:"dumps"`
	DropsFirst      bool     `json:"drops_first"`

	Extensions   []Extension `json:"extensions"`
	Roles        []string    `json:"roles"`
	CreatedRoles []string    `json:"roles_made"`
	Tablespaces  []string    `json:"tablespaces"`
	Objects      []Object    `json:"objects"`
	Tables       []Table     `json:"tables"`
	Sequences    []Sequence  `json:"sequences"`
	LargeObjects int         `json:"large_objects"`
}

// MarshalJSON writes the contents as one flat object. Lists are never null. It
// combines the promises of several databases.
func (c Contents) MarshalJSON() ([]byte, error) {
	s, n := c.Source, c.Needs
	d := document{
		Format: s.Format, Layers: notNil(s.Layers), Compression: s.Compression(), Encryption: s.Encryption(), Key: s.Key, Member: s.Member,
		ServerVersion: s.ServerVersion, DumpVersion: s.DumpVersion, ArchiveVersion: s.ArchiveVersion,
		TakenAt: s.TakenAt, Restricted: s.Restricted, DecodedBytes: s.DecodedBytes,
		Database: n.Database, CreatesDatabase: n.CreatesDatabase, DumpCount: s.DumpCount, DropsFirst: s.DropsWithoutIfExists,
		Extensions: notNil(n.Extensions), Roles: notNil(n.Roles), CreatedRoles: notNil(n.CreatedRoles), Tablespaces: notNil(n.Tablespaces),
		Objects: []Object{}, Tables: []Table{}, Sequences: []Sequence{},
	}
	for _, p := range c.Promises {
		d.Objects = append(d.Objects, p.Objects...)
		d.Tables = append(d.Tables, p.Tables...)
		d.Sequences = append(d.Sequences, p.Sequences...)
		d.LargeObjects += p.LargeObjects
	}
	return json.Marshal(d)
}

// notNil returns all, or an empty list if all is nil.
func notNil[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}
