package config

import (
	"errors"
	"strings"

	"github.com/drillgres/drillgres/drill/place"
)

// reader returns a Reader with substitutes for the adapters' kinds of place, which
// this package does not import.
func reader(getenv func(string) (string, bool)) Reader {
	file := place.Kind{Schemes: []string{"file"}, Example: "file:///dir", Path: true, Check: func(url string) error {
		if !strings.HasPrefix(url, "file:///") {
			return errors.New("names a host")
		}
		return nil
	}}
	bucket := place.Kind{Schemes: []string{"s3"}, Example: "s3://bucket/prefix", Section: "s3", Check: func(url string) error {
		if strings.Contains(url, "@") || url == "s3://" || strings.HasPrefix(url, "s3:///") {
			return errors.New("names no bucket")
		}
		return nil
	}}
	server := place.Kind{Schemes: []string{"postgres", "postgresql"}, Example: "postgres://user@host/database", Check: func(url string) error {
		if strings.Contains(url, "%zz") {
			return errors.New("is not a URL")
		}
		return nil
	}}
	slack := place.Kind{Schemes: []string{"slack"}, Example: "slack://hook:T-B-X@webhook", Check: func(url string) error {
		if !strings.Contains(url, "@") {
			return errors.New("has no token")
		}
		return nil
	}}
	return Reader{Getenv: getenv, Sources: place.Kinds{bucket, file}, Histories: place.Kinds{{Path: true}, server, bucket}, Evidence: place.Kinds{{Path: true}, bucket}, Chats: place.Kinds{slack, {Schemes: []string{"https"}, Example: "https://…"}}}
}
