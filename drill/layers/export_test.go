package layers

// IsPlausible is isPlausible.
var IsPlausible = isPlausible
