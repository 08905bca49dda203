// Command probe is an application for tests. Its first argument selects what it
// does.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

func run(what string) error {
	switch what {
	case "serve":
		return serve()
	case "listen": // on a port, as a cache would
		return accept(os.Getenv("PORT"))
	case "exit":
		return errors.New("cannot serve with " + os.Getenv("DATABASE_URL") + " and " + os.Getenv("API_TOKEN"))
	case "selftest":
		fmt.Println("tested")
		return errors.New("the test of the probe says no")
	}
	time.Sleep(time.Hour)
	return nil
}

func serve() error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", answer("select 1"))
	mux.HandleFunc("GET /orders", answer("select count(*) from orders"))
	mux.HandleFunc("POST /orders", answer("insert into orders values (default) returning id"))
	mux.HandleFunc("GET /users", answer("select count(*) from users"))
	mux.HandleFunc("GET /cache", func(w http.ResponseWriter, _ *http.Request) {
		conn, err := net.Dial("tcp", os.Getenv("CACHE"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_ = conn.Close()
	})
	mux.HandleFunc("GET /old", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/orders", http.StatusFound) })
	mux.HandleFunc("GET /crash", func(http.ResponseWriter, *http.Request) {
		fmt.Println("crashing")
		os.Exit(4)
	})
	return http.ListenAndServe(":"+os.Getenv("PORT"), mux)
}

// answer runs a statement and returns its value as JSON.
func answer(sql string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var value int
		if err := ask(r.Context(), sql, &value); err != nil {
			fmt.Println(err)
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, `{"value": %d}`, value)
	}
}

func ask(ctx context.Context, sql string, value *int) error {
	conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	return conn.QueryRow(ctx, sql).Scan(value)
}

func accept(port string) error {
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		return err
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		_ = conn.Close()
	}
}
