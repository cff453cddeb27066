package attach_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"postolka/attach"
)

// The files in testdata are made with OpenSSL and a certificate for the purpose.
func TestCMS(t *testing.T) {
	for _, c := range []struct {
		file    string
		want    []string
		reasons []string
	}{
		{"signed.p7m", []string{"Dobrý den, píše Jan Novák.", "Jana Podpisova", "jana@example.org", "jana.alt@example.org"}, nil},
		{"signature.p7s", []string{"Jana Podpisova", "jana.alt@example.org"}, nil},
		{"encrypted.p7m", nil, []string{attach.Encrypted}},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", c.file))
		if err != nil {
			t.Fatal(err)
		}
		text, reasons := attach.Read(c.file, "", data, attach.NewBudget(), help)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in %q", c.file, want, text)
			}
		}
		if !slices.Equal(reasons, c.reasons) {
			t.Errorf("%s: reasons %v, want %v", c.file, reasons, c.reasons)
		}
	}
}

func FuzzCMS(f *testing.F) {
	for _, name := range []string{"signed.p7m", "signature.p7s", "encrypted.p7m"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		attach.Read("smime.p7m", "", data, attach.NewBudget(), help)
		attach.Signers(data)
	})
}
