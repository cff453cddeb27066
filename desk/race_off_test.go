//go:build !race

package desk

const orders = 20
