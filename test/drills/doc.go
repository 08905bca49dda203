// Package drills tests whole drills: the program as a process of its own, on a
// real engine, a real object store and the sample shop.
package drills
