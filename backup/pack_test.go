package backup

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"postolka/store"
)

func packed(t *testing.T, messages []store.Content) ([]byte, contents) {
	t.Helper()
	var b bytes.Buffer
	p, err := newPackWriter(&b)
	for _, c := range messages {
		err = errors.Join(err, p.add(c))
	}
	if err = errors.Join(err, p.close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), p.contents
}

func samples() []store.Content {
	return []store.Content{
		{ID: 3, Raw: []byte("Subject: one\n\nbody"), Text: []byte("body")},
		{ID: 4, Raw: bytes.Repeat([]byte("long "), 1<<19), Text: nil},
		{ID: 9, Raw: nil, Text: []byte("only text")},
	}
}

func TestPackRoundTrip(t *testing.T) {
	want := samples()
	file, written := packed(t, want)
	var got []store.Content
	read, err := readPack(bytes.NewReader(file), func(c store.Content) error { got = append(got, c); return nil })
	if err != nil || !bytes.Equal(read, written) {
		t.Fatalf("read: %v; contents equal: %v", err, bytes.Equal(read, written))
	}
	same := func(a, b store.Content) bool {
		return a.ID == b.ID && bytes.Equal(a.Raw, b.Raw) && bytes.Equal(a.Text, b.Text)
	}
	if !slices.EqualFunc(got, want, same) {
		t.Error("other messages came back")
	}
	if got, want := fmt.Sprint(read.ids()), "[[3 4] [9 9]]"; got != want || read.len() != 3 {
		t.Errorf("got %s of %d, want %s", got, read.len(), want)
	}
}

func TestPackOfOneMessageHasNoGuessableHash(t *testing.T) {
	_, a := packed(t, samples()[:1])
	_, b := packed(t, samples()[:1])
	if a.sum() == b.sum() {
		t.Error("equal messages give equal sums")
	}
}

func TestPackCutAnywhereIsDamaged(t *testing.T) {
	file, _ := packed(t, samples())
	for n := range len(file) {
		if _, err := readPack(bytes.NewReader(file[:n]), func(store.Content) error { return nil }); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut at %d of %d: got %v, want ErrDamaged", n, len(file), err)
		}
	}
}

func FuzzReadPack(f *testing.F) {
	var b bytes.Buffer
	p, _ := newPackWriter(&b)
	for _, c := range samples() {
		p.add(c)
	}
	p.close()
	f.Add(b.Bytes())
	f.Add([]byte(packHeader))
	f.Fuzz(func(t *testing.T, file []byte) {
		_, err := readPack(bytes.NewReader(file), func(store.Content) error { return nil })
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("got %v, want ErrDamaged", err)
		}
	})
}
