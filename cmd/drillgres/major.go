package main

import (
	"cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/provision"
)

// statedMajor returns the major version that a dump states, and how the dump was made: "from
// a server of Postgres 15.2". It is 0 if the dump states none.
func statedMajor(s inspect.Source) (major int, made string) {
	major = provision.Major(cmp.Or(s.ServerVersion, s.DumpVersion))
	switch {
	case major == 0:
		return 0, ""
	case s.ServerVersion == "":
		return major, "by pg_dump " + s.DumpVersion
	}
	return major, "from a server of Postgres " + s.ServerVersion
}

// checkMajor fails if --postgres names a version that cannot be drilled. 0: it names none.
func checkMajor(major int) error {
	if major == 0 || config.SupportsMajor(major) {
		return nil
	}
	return usage("--postgres: %d is not a major version of Postgres that can be drilled", major).WithHint("name production's major version, %d or later", config.OldestMajor)
}

func noMajor() error {
	return usage("the dump does not state a version of Postgres").WithHint("name production's major version with --postgres, such as --postgres 16")
}

func oldMajor(made string) error {
	return usage("the dump was made %s, but a drill restores into Postgres %d or later", made, config.OldestMajor).WithHint("name the major version to restore into with --postgres")
}
