package privacy

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"postolka/mail"
	"postolka/store"
)

// withArchive is a mail of another person with a ZIP that holds a list.
func withArchive(t testing.TB, id, list string) string {
	t.Helper()
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("seznam.csv")
	check(t, err)
	_, err = w.Write([]byte(list))
	check(t, err)
	check(t, z.Close())
	return fmt.Sprintf("From: eva@example.net\nTo: shop@example.org\nSubject: Seznam\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <%s@example.org>\n"+
		"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nV priloze.\n--x\nContent-Type: application/zip; name=seznam.zip\nContent-Transfer-Encoding: base64\n\n%s\n--x--\n",
		id, base64.StdEncoding.EncodeToString(packed.Bytes()))
}

// TestOlderTextsAreDerivedAgain has a message as the version before stored it: the
// archive unread.
func TestOlderTextsAreDerivedAgain(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.take(t, withArchive(t, "z1", "Jan;"+janAddr+"\n"))
	makeOlder(t, h, 1)
	if f, err := h.Find(ctx, host, email(t, janAddr), FindOptions{}); err != nil || len(f.Hits) != 0 || len(f.Complete.Unreadable) != 1 {
		t.Fatalf("before: got %d hits, %d unreadable, %v; want none and 1", len(f.Hits), len(f.Complete.Unreadable), err)
	}
	check(t, h.Rederive(ctx, nil))
	f, err := h.Find(ctx, host, email(t, janAddr), FindOptions{})
	check(t, err)
	if len(f.Hits) == 0 || len(f.Complete.Unreadable) != 0 || !f.Complete.IndexAgrees {
		t.Errorf("after: got %d hits, unreadable %v, index agrees: %t", len(f.Hits), f.Complete.Unreadable, f.Complete.IndexAgrees)
	}
	again, err := h.Desk.Rederive(ctx, 1)
	check(t, err)
	if again {
		t.Error("a current text was derived again")
	}
}

// TestOutgrownTextsAreDerivedAgain: an older version read these whole, and without the
// datum.
func TestOutgrownTextsAreDerivedAgain(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	head := "From: eva@example.net\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <%s@example.org>\n"
	hidden := base64.StdEncoding.EncodeToString([]byte("Jan <" + janAddr + ">"))
	local, domain, _ := strings.Cut(janAddr, "@")
	for i, body := range []string{
		"Content-Type: text/html\n\n<img src=\"data:text/plain;base64," + hidden + "\">\n",
		"Content-Type: text/plain\n\n" + hidden + "\n",
		"Content-Type: text/enriched\n\n<bold>" + local + "</bold>@" + domain + "\n",
		"Cc: " + local + "(the one)@" + domain + "\n\nx\n",
	} {
		h.take(t, fmt.Sprintf(head, fmt.Sprint("o", i))+body)
		id := store.MessageID(i + 1)
		raw, err := h.Store.RawBytes(id)
		check(t, err)
		text := mail.Extract(mail.Parse(raw), raw)
		old := mail.Text{Version: mail.TextVersion - 1}
		for _, p := range text.Parts {
			if !strings.Contains(p.Text, janAddr) {
				old.Parts = append(old.Parts, p)
			}
		}
		check(t, h.Store.Replace(ctx, store.Content{ID: id, Raw: raw, Text: old.Encode()}))
	}
	check(t, h.Store.SetTextsLevel(mail.TextVersion-1))
	if f, err := h.Find(ctx, host, email(t, janAddr), FindOptions{}); err != nil || len(f.Hits) != 0 {
		t.Fatalf("before: got %+v, %v; want none", f.Hits, err)
	}
	check(t, h.Rederive(ctx, nil))
	f, err := h.Find(ctx, host, email(t, janAddr), FindOptions{})
	check(t, err)
	if got := messagesOf(f.Hits); len(got) != 4 || !f.Complete.IndexAgrees {
		t.Errorf("after: got %v, index agrees: %t; want all four", got, f.Complete.IndexAgrees)
	}
	if ids, err := h.Desk.Outdated(ctx); err != nil || len(ids) != 0 {
		t.Errorf("still outdated: %v, %v", ids, err)
	}
}

func makeOlder(t testing.TB, h *house, id store.MessageID) {
	t.Helper()
	raw, err := h.Store.RawBytes(id)
	check(t, err)
	old := mail.Extract(mail.Parse(raw), raw)
	old.Version = 1
	parts := old.Parts[:0]
	for _, p := range old.Parts {
		if p.Kind != mail.Attachment {
			parts = append(parts, p)
		}
	}
	old.Parts, old.Unreadable = parts, []mail.Unreadable{{Path: "2", Reason: "zip: not read yet"}}
	check(t, h.Store.Replace(context.Background(), store.Content{ID: id, Raw: raw, Text: old.Encode()}))
	check(t, h.Store.Update(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, id)
		if err != nil {
			return err
		}
		m.Unreadable = []store.Unreadable{{Part: "2", Reason: "zip: not read yet"}}
		return store.Messages.Put(tx, id, m)
	}))
	check(t, h.Index.Delete(context.Background(), []store.MessageID{id}))
	check(t, h.Desk.CatchUp(context.Background(), nil))
}

// TestRedactionWithholdsAFileThatHoldsTheDatum: the mail stays, the archive goes.
func TestRedactionWithholdsAFileThatHoldsTheDatum(t *testing.T) {
	raw := []byte(withArchive(t, "z2", "Jan;"+janAddr+"\n"))
	masker, err := newMasker(email(t, janAddr))
	check(t, err)
	masked, text, err := redactedBytes(raw, masker)
	check(t, err)
	m := mail.Parse(masked)
	if got := len(m.Root.Children); got != 2 || m.Root.Children[1].Type != "text/plain" || !bytes.Contains(masked, []byte("withheld")) {
		t.Errorf("the archive was not withheld:\n%s", masked)
	}
	if !bytes.Contains(masked, []byte("V priloze.")) || bytes.Contains(text, []byte(janAddr)) {
		t.Errorf("the mail itself changed, or the datum is left:\n%s", masked)
	}
	other := []byte(withArchive(t, "z3", "nikdo\n"))
	if kept, _, err := redactedBytes(other, masker); err != nil || !bytes.Equal(kept, other) {
		t.Errorf("a mail without the datum changed: %v", err)
	}
}

// TestRedactionWithholdsWhatOutlookPacked: the file inside winmail.dat that names the
// person goes with it, from the message and from its list of files.
func TestRedactionWithholdsWhatOutlookPacked(t *testing.T) {
	const person = "jan.novak@example.org"
	h := newHouse(t)
	raw, err := os.ReadFile("../mail/testdata/winmail.eml")
	check(t, err)
	h.take(t, string(raw))
	ctx := context.Background()
	eraseFound(t, h, email(t, person))
	check(t, h.Store.View(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, 1)
		if len(m.Files) != 1 || m.Files[0].Name != "winmail.dat.txt" {
			t.Errorf("files left: %+v", m.Files)
		}
		return err
	}))
	for _, part := range []string{"2:1", "2:3"} {
		if _, _, err := h.Desk.File(ctx, host, 1, part); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("part %s: got %v, want %v", part, err, store.ErrNotFound)
		}
	}
	left, err := h.Find(ctx, host, email(t, person), FindOptions{})
	if err != nil || len(left.Hits) > 0 {
		t.Errorf("left: %+v, %v", left.Hits, err)
	}
}
