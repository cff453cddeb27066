//go:build race

package desk

// The race detector makes everything ten times slower, and orders don't race.
const orders = 1
