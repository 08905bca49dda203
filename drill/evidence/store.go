package evidence

import (
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/place"
)

// StoreKind is a kind of store, and how to open it.
type StoreKind = place.Entry[config.Evidence, Store]

// StoreKinds is the registry of stores.
type StoreKinds = place.Registry[config.Evidence, Store]
