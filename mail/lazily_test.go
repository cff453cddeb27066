package mail

import "testing"

func TestExpressionsCompile(t *testing.T) {
	for _, expression := range expressions {
		expression() // or panics
	}
	if len(expressions) < 30 {
		t.Errorf("only %d expressions are known", len(expressions))
	}
}
