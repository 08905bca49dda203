package azure_test

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/azure"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/azureserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	container = "backups"
	root      = "az://" + azureserver.Account + "/" + container
)

func TestConformance(t *testing.T) {
	conform(t, func(s locate.Source) locate.Source { return s })
}

func TestConformanceWithoutFaults(t *testing.T) {
	none := func(int, int64, int64) sourcetest.Fault { return sourcetest.Fault{} }
	conform(t, func(s locate.Source) locate.Source { return &sourcetest.Faulty{Source: s, Plan: none} })
}

func conform(t *testing.T, wrap func(locate.Source) locate.Source) {
	t.Helper()
	sourcetest.Run(t, func(t *testing.T) sourcetest.Place {
		server := start(t)
		server.Put(container, "production/other.dump", []byte("another database"))
		server.Put(container, "prod/", nil)
		server.PutFolder(container, "prod/old")
		return sourcetest.Place{
			Source: wrap(source(t, server.Endpoint, root+"/prod")),
			Put:    func(_ testing.TB, key string, content []byte) { server.Put(container, "prod/"+key, content) },
			Remove: func(_ testing.TB, key string) { server.Remove(container, "prod/"+key) },
		}
	})
}

func TestURLs(t *testing.T) {
	server := start(t)
	put := func(key string, content []byte) { server.Put(container, key, content) }
	sourcetest.CheckURLs(t, root, put, func(url string) locate.Source { return source(t, server.Endpoint, url) })
}

func TestNewRefuses(t *testing.T) {
	azureserver.Setenv(t, "AZURE_STORAGE_KEY", "aHVudGVyMg==")
	for _, b := range []config.Backup{
		{From: "az://"},
		{From: "az://acmebackups"},
		{From: "az:///backups"},
		{From: "https://acmebackups/backups"},
		{From: "az://key:hunter2@acmebackups/backups"},
		{From: "az://Acme/backups"},
		{From: "az://acmebackups/back_ups"},
		{From: "az://acmebackups/backups/shop.dump?sv=1&sig=hunter2"},
		{From: "az://acmebackups/backups", Azure: config.Azure{Endpoint: "azurite:10000"}},
		{From: "az://acmebackups/backups", Azure: config.Azure{Endpoint: "https://key:hunter2@azurite:10000"}},
		{From: "az://acmebackups/backups", Azure: config.Azure{Endpoint: "https://azurite:10000?sig=hunter2"}},
	} {
		_, err := azure.Kind.Open(t.Context(), b)
		sourcetest.WantCode(t, err, outcome.ConfigInvalid)
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v contains the secret", err)
		}
		if b.Azure.Endpoint == "" && azure.Kind.Check(string(b.From)) == nil {
			t.Errorf("%s passes the check", b.From)
		}
	}
}

func TestVersions(t *testing.T) {
	server := start(t)
	server.KeepVersions()
	server.Put(container, "shop.dump", []byte("yesterday's"))
	s := source(t, server.Endpoint, root)
	b := sourcetest.Locate(t, s)
	if b.VersionID == "" {
		t.Error("the version is unknown")
	}
	server.Put(container, "shop.dump", []byte("this night's"))
	if got := string(sourcetest.Read(t, s, b.Object, 0, b.Size)); got != "yesterday's" {
		t.Errorf("read %q of the version that was listed", got)
	}
}

func TestReplacedBeforeItIsResolved(t *testing.T) {
	server := start(t)
	server.Put(container, "shop.dump", []byte("yesterday's"))
	s := source(t, server.Endpoint, root)
	o := sourcetest.Find(t, s, "shop.dump")
	server.Put(container, "shop.dump", []byte("this night's"))
	_, err := s.Resolve(t.Context(), o)
	sourcetest.WantCode(t, err, outcome.BackupChanged)
}

func TestArchivedBlob(t *testing.T) {
	server := start(t)
	server.Put(container, "shop.dump", []byte("dump"))
	server.Archive(container, "shop.dump")
	s := source(t, server.Endpoint, root)
	o := sourcetest.Find(t, s, "shop.dump")
	if o.StorageClass != "Archive" {
		t.Errorf("the tier is %q", o.StorageClass)
	}
	_, err := s.ReadRange(t.Context(), o, 0, 1)
	sourcetest.WantFailure(t, err, outcome.BackupArchived, "(tier Archive)", "rehydrate the blob")
}

func TestBlobOfTheStandardTierHasNoClass(t *testing.T) {
	server := start(t)
	server.Put(container, "shop.dump", []byte("dump"))
	o := sourcetest.Find(t, source(t, server.Endpoint, root), "shop.dump")
	if o.StorageClass != "" || o.ETag == "" {
		t.Errorf("listed %+v", o)
	}
}

func start(t *testing.T) *azureserver.Server {
	t.Helper()
	server := azureserver.Start(t)
	server.Setenv(t)
	server.CreateContainer(container)
	return server
}

func source(t *testing.T, endpoint, url string) *azure.Source {
	t.Helper()
	return open(t, azure.Options{URL: url, Endpoint: endpoint})
}

func open(t *testing.T, o azure.Options) *azure.Source {
	t.Helper()
	o.Attempts, o.MaxBackoff = 2, time.Millisecond
	s, err := azure.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
