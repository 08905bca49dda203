package inspect_test

import (
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
)

// TestBeyond finds the statements that change more than the database.
func TestBeyond(t *testing.T) {
	const (
		head = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.items (n int);\n"
		tail = "\n--\n-- PostgreSQL database dump complete\n--\n\n"
	)
	for sql, want := range map[string]inspect.Beyond{
		"ALTER SYSTEM SET work_mem = '1GB';":                                         {What: "ALTER SYSTEM", Reach: inspect.OfServer},
		"DROP DATABASE IF EXISTS other;":                                             {What: "DROP DATABASE", Reach: inspect.OfDatabase, Database: "other"},
		"ALTER DATABASE other OWNER TO app;":                                         {What: "ALTER DATABASE", Reach: inspect.OfDatabase, Database: "other"},
		"COMMENT ON DATABASE other IS 'x';":                                          {What: "COMMENT ON DATABASE", Reach: inspect.OfDatabase, Database: "other"},
		"SECURITY LABEL FOR x ON DATABASE other IS 'x';":                             {What: "SECURITY LABEL ON DATABASE", Reach: inspect.OfDatabase, Database: "other"},
		"REVOKE CONNECT ON DATABASE other FROM PUBLIC;":                              {What: "REVOKE ON DATABASE", Reach: inspect.OfDatabase, Database: "other"},
		"DROP OWNED BY app;":                                                         {What: "DROP OWNED", Reach: inspect.OfServer},
		"DROP ROLE a, b;":                                                            {What: "DROP ROLE", Reach: inspect.OfServer},
		"CREATE USER app SUPERUSER;":                                                 {What: "CREATE USER", Reach: inspect.OfRoles},
		"GRANT app TO other;":                                                        {What: "GRANT", Reach: inspect.OfRoles},
		"COMMENT ON ROLE app IS 'x';":                                                {What: "COMMENT ON ROLE", Reach: inspect.OfRoles},
		"CREATE TABLESPACE fast LOCATION '/fast';":                                   {What: "CREATE TABLESPACE", Reach: inspect.OfTablespaces},
		"GRANT CREATE ON TABLESPACE fast TO app;":                                    {What: "GRANT ON TABLESPACE", Reach: inspect.OfTablespaces},
		"CREATE ROLE app;":                                                           {},
		"ALTER ROLE app IN DATABASE shop SET work_mem = '1MB';":                      {What: "ALTER ROLE", Reach: inspect.OfDatabase, Database: "shop"},
		"GRANT CONNECT ON DATABASE a, b TO app;":                                     {What: "GRANT ON DATABASE", Reach: inspect.OfServer},
		"ALTER ROLE app SET work_mem = '1MB';":                                       {},
		"GRANT SELECT ON TABLE public.items TO app;":                                 {},
		"COMMENT ON TABLE public.items IS 'on database';":                            {},
		"CREATE USER MAPPING FOR app SERVER s;":                                      {},
		"ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT ALL ON TABLES TO x;":            {},
		"CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p;":                         {},
		"CREATE FUNCTION public.f() RETURNS void LANGUAGE sql AS 'drop database x';": {},
	} {
		c, err := scan(t, []byte(head+sql+tail))
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		var got inspect.Beyond
		if len(c.Source.Beyond) > 0 {
			got = c.Source.Beyond[0]
		}
		if got.What != want.What || got.Reach != want.Reach || got.Database != want.Database || got.Reach == inspect.OfDatabase && got.SQL != sql {
			t.Errorf("%s: %+v, want %+v", sql, got, want)
		}
		if want.What != "" && got.Splice.Length != int64(len(strings.TrimSpace(sql))) {
			t.Errorf("%s: it is omitted by %+v", sql, got.Splice)
		}
	}
}

// TestArchivesReachNoFurther checks that what an archive has for pg_restore --create does not count.
func TestArchivesReachNoFurther(t *testing.T) {
	c, err := scan(t, load(t, "custom-18.dump"))
	if err != nil || len(c.Source.Beyond) > 0 {
		t.Errorf("%+v, %v", c.Source.Beyond, err)
	}
}
