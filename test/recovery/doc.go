// Package recovery tests restores into a real server: the program as a process of its own,
// and a server that it reaches over the network.
package recovery
