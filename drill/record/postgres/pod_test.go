package postgres

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/fixtures/pgserver"
)

var shared = pgserver.Shared{Major: "15"}

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }

// server is a real server that a history's URL reaches.
type server struct {
	address  string
	user     string
	password string
	admin    *pgx.Conn
}

func start(t *testing.T) *server {
	t.Helper()
	s := shared.Get(t)
	srv := &server{address: pgserver.Listen(t, s), user: s.User, password: s.Password.Reveal()}
	conn, err := pgx.Connect(t.Context(), srv.url(""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	srv.admin = conn
	return srv
}

func (s *server) url(schema string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(s.user, s.password), Host: s.address, Path: "/postgres"}
	u.RawQuery = "sslmode=disable"
	if schema != "" {
		u.RawQuery += "&search_path=" + schema
	}
	return u.String()
}

func (s *server) run(t testing.TB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := s.admin.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

var schemas atomic.Int64

// schema creates an empty schema and returns its name.
func (s *server) schema(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("history_%d", schemas.Add(1))
	s.run(t, "create schema "+name)
	return name
}

func open(t testing.TB, url string) (*record.History, *Store) {
	t.Helper()
	s, err := New(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return record.New(s, "postgres://…"), s
}

func want(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v\ndoes not contain %q", err, text)
		}
	}
}
