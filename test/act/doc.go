// Package act runs the action and the workflows of this repository by act, as
// GitHub would.
package act
