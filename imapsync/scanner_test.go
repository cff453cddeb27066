package imapsync

import (
	"errors"
	"strings"
	"testing"
)

func TestScannerRefusesWhatNoMailServerSends(t *testing.T) {
	large := strings.Repeat("x", 100_000)
	cases := []struct {
		name, in string
		refused  bool
	}{
		{"an ordinary session", "* OK [CAPABILITY IMAP4rev1] Don't (panic\r\n* 3 EXISTS\r\nT1 OK [READ-ONLY] \"done\r\n", false},
		{"a body", "* 1 FETCH (UID 7 BODY[] {100000}\r\n" + large + ")\r\nT1 OK\r\n", false},
		{"a body of parentheses", "* 1 FETCH (UID 7 BODY[] {100000}\r\n" + strings.Repeat("(", 100_000) + ")\r\n", false},
		{"two bodies in one answer", "* 1 FETCH (BODY[] {3}\r\nabc BODY[] {2}\r\nab)\r\n", false},
		{"a folder's name as a literal", "* LIST () \"/\" {5}\r\nR\"che\r\n* 3 EXISTS\r\n", false},
		{"a long list of UIDs", "* SEARCH" + strings.Repeat(" 1234567", 100_000) + "\r\n", false},
		{"an endless string", "* 1 FETCH (INTERNALDATE \"" + large, true},
		{"an endless text", "* OK " + large, true},
		{"an endless tag", large, true},
		{"nested body structure", "* 1 FETCH (BODYSTRUCTURE " + strings.Repeat("(", 40), true},
		{"a body in a text for people", "* OK BODY[] {100000}\r\n" + large, true},
		{"a body of a terabyte", "* 1 FETCH (BODY[] {1000000000000}\r\n", true},
		{"a literal in place of a name", "* LIST () \"/\" {100000}\r\n", true},
		{"a body inside a list", "* 1 FETCH (FLAGS (BODY[] {100000}\r\n", true},
		{"a quoted string over the end of the line", "* 1 FETCH (INTERNALDATE \"\r\n* 1 FETCH (BODY[] {9}\r\n", true},
		{"a response code over the end of the line", "* OK [X \r\n* 1 FETCH (BODY[] {9}\r\n", true},
		{"a SEARCH that never ends", "* SEARCH" + strings.Repeat(" 1234567", 3_000_000), true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, step := range []int{1, 7, len(c.in)} {
				if len(c.in) > 1_000_000 && step < len(c.in) {
					continue
				}
				err := feed(new(scanner), c.in, step)
				if refused := errors.Is(err, errBounds); refused != c.refused {
					t.Fatalf("in steps of %d: got %v, want refused %v", step, err, c.refused)
				}
			}
		})
	}
}

func TestScannerBoundsWhatComesWithoutACommand(t *testing.T) {
	s := &scanner{spent: maxSpent - 1_000_000}
	var err error
	lines := []byte(strings.Repeat("* 1 EXISTS\r\n", 1000))
	for range 10_000 {
		if err = s.feed(lines); err != nil {
			break
		}
	}
	if !errors.Is(err, errBounds) {
		t.Fatalf("got %v, want a refusal", err)
	}
}

func feed(s *scanner, in string, step int) error {
	for len(in) > 0 {
		n := min(step, len(in))
		if err := s.feed([]byte(in[:n])); err != nil {
			return err
		}
		in = in[n:]
	}
	return nil
}
