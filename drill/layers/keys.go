package layers

// Keyring holds the keys of a config, in its order.
type Keyring struct{}
