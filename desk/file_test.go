package desk

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"postolka/audit"
	"postolka/mail"
	"postolka/store"
)

// TestFilesOutlookPackedAreShownAndSent: what winmail.dat holds are files of the
// message, behind the access check and with the log entry of any other.
func TestFilesOutlookPackedAreShownAndSent(t *testing.T) {
	w := newWorld(t)
	raw, err := os.ReadFile("../mail/testdata/winmail.eml")
	if err != nil {
		t.Fatal(err)
	}
	in := w.arrives(raw)
	var names []string
	for _, f := range w.message(in.Message).Files {
		names = append(names, f.Part+" "+f.Name+" "+f.Type)
	}
	want := "2 winmail.dat application/ms-tnef, 2:1 Seznam klientů.csv application/octet-stream, 2:2 foto konvice.png image/png, 2:3 smlouva.txt application/octet-stream"
	if got := strings.Join(names, ", "); got != want {
		t.Errorf("files: got %s, want %s", got, want)
	}
	reader := w.agent("reader", store.RoleAgent, store.RightRead)
	f, data, err := w.File(context.Background(), reader, in.Message, "2:1")
	if err != nil || f.Name != "Seznam klientů.csv" || f.SizeBytes != int64(len(data)) || !strings.HasPrefix(string(data), "klient;mail\n") {
		t.Errorf("file: got %+v %q %v", f, data, err)
	}
	entries, err := w.log.ByMessage(in.Message, 10)
	if err != nil || len(entries) != 1 || entries[0].Action != audit.Download || entries[0].Object != "part 2:1" || entries[0].Agent != reader.ID {
		t.Errorf("log: got %+v %v", entries, err)
	}
	stranger := w.agent("stranger", store.RoleAgent, store.RightNone)
	if _, _, err := w.File(context.Background(), stranger, in.Message, "2:1"); !errors.Is(err, ErrNotAllowed) && !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a stranger: got %v", err)
	}
	for _, part := range []string{"2:0", "2:4", "1:1", ":1"} {
		if _, _, err := w.File(context.Background(), reader, in.Message, part); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("part %q: got %v", part, err)
		}
	}
	withheld, err := mail.Redact(raw, func(_ mail.Kind, _, _, text string) string { return text }, func(path string) bool { return path == "2" })
	if err != nil {
		t.Fatal(err)
	}
	if list := mail.Parse(withheld).Files(); len(list) != 1 || list[0].Name != "winmail.dat.txt" {
		t.Errorf("withheld: got %+v", list)
	}
}
