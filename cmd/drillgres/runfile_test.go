package main

import "testing"

func TestArgumentsOfInit(t *testing.T) {
	o := fileOptions{
		backupFlags: backupFlags{keys: []string{"a key", "b"}, passphraseFile: "it's", member: "db/*.sql", s3Endpoint: "https://minio:9000"},
		major:       16, image: "acme/postgres:16", history: "not of init",
	}
	const want = ` --key 'a key' --key b --passphrase-file 'it'\''s' --member 'db/*.sql' --s3-endpoint https://minio:9000 --postgres 16 --image acme/postgres:16`
	if got := o.arguments(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFolderOf(t *testing.T) {
	for target, want := range map[string]string{
		"s3://acme/prod/shop.dump":             "s3://acme/prod/",
		"s3://acme/prod/":                      "s3://acme/prod/",
		"sftp://u@host/shop.dump":              "sftp://u@host/",
		"./shop.dump":                          "./shop.dump",
		"https://host/shop.dump?X-Signature=1": "https://host/shop.dump?X-Signature=1",
	} {
		if got := folderOf(target); got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
}
