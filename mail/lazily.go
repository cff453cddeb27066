package mail

import (
	"regexp"
	"sync"
)

// expressions are all that lazily made, for a test that compiles them.
var expressions []func() *regexp.Regexp

// lazily compiles an expression when it is first used: all of them at once are a
// fifth of what a command needs to start.
func lazily(expression string) func() *regexp.Regexp {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
	expressions = append(expressions, compiled)
	return compiled
}
