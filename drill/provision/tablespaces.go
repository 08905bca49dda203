package provision

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// allowTablespaces prepares the server for a backup that creates tablespaces. Restore
// creates them in the data directory, where the limit of the disk holds: it exists for
// every server, while a directory of production's machine would have to be made from a
// path in the backup.
func allowTablespaces(ctx context.Context, conn *pgx.Conn, s *Server, needs inspect.Needs) error {
	if len(needs.CreatedTablespaces) == 0 {
		return nil
	}
	names := nounWithNames("tablespace", words.Quoted(needs.CreatedTablespaces))
	const setting = "allow_in_place_tablespaces" // from 15, 14.5 and 13.8 on
	var known bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_settings where name = $1)", setting).Scan(&known); err != nil {
		return fmt.Errorf("look up %s: %w", setting, err)
	}
	if !known {
		return outcome.Fail(outcome.TablespaceMissing, "the backup creates %s, and Postgres %s cannot have one in its data directory", names, s.Version).
			WithHint("use an image with the current minor version of production's major")
	}
	if _, err := conn.Exec(ctx, "alter system set "+setting+" = on"); err != nil {
		return fmt.Errorf("set %s: %w", setting, err)
	}
	s.addFinding("tablespace_moved", "create the directories of CREATE TABLESPACE before a recovery, empty and owned by the server's user",
		fmt.Sprintf("the backup creates %s at a path of production's machine: the sandbox has %s in its data directory",
			names, words.Noun(len(needs.CreatedTablespaces), "it", "them")))
	return nil
}
