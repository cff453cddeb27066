package privacy

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"postolka/attach"
	"postolka/mail"
	"postolka/match"
	"postolka/ocr"
	"postolka/store"
)

// shows is a picture on which a text is to be seen.
func shows(t testing.TB, text string) image.Image {
	t.Helper()
	f, err := opentype.Parse(goregular.TTF)
	check(t, err)
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 36, DPI: 72})
	check(t, err)
	m := image.NewGray(image.Rect(0, 0, 1200, 300))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	(&font.Drawer{Dst: m, Src: image.Black, Face: face, Dot: fixed.P(60, 150)}).DrawString(text)
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, png.Encode(&b, m))
	return b.Bytes()
}

// scanned is a PDF with a picture on its only page.
func scanned(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, jpeg.Encode(&b, m, nil))
	size, page := m.Bounds().Size(), "q 500 0 0 125 50 600 cm /I Do Q"
	return pdfOf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(page), page),
		fmt.Sprintf("<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode/Length %d>>stream\n%s\nendstream", size.X, size.Y, b.Len(), b.String()))
}

// withFiles is a mail of another person with files of a type.
func withFiles(id, kind string, files ...[]byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: eva@example.net\nTo: shop@example.org\nSubject: Fotky\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <%s@example.org>\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nV priloze.\n", id)
	for i, f := range files {
		fmt.Fprintf(&b, "--x\nContent-Type: %s; name=foto%d\nContent-Transfer-Encoding: base64\n\n%s\n", kind, i+1, base64.StdEncoding.EncodeToString(f))
	}
	return b.String() + "--x--\n"
}

// recogniser is a script in tesseract's place. Marks behind a picture's end, which
// nothing reads, say what it shows; it notes each call.
func recogniser(t testing.TB, more string) (r *ocr.Reader, calls func() int) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "recognise")
	check(t, os.WriteFile(path, []byte("#!/bin/sh\necho x >> "+dir+"/calls\n"+more+`
if grep -qa SHOWS-JAN "$1"; then echo "Jan Novák"; echo "`+janAddr+`"; fi
if grep -qa SHOWS-CUP "$1"; then echo "hrnek za 290 Kc"; fi
`), 0o700))
	r, err := ocr.New(path+" {in} -", t.TempDir())
	check(t, err)
	return r, func() int {
		b, err := os.ReadFile(dir + "/calls")
		if err != nil {
			return 0
		}
		return bytes.Count(b, []byte("x"))
	}
}

// again has all messages looked at.
func again(t testing.TB, h *house, reader *ocr.Reader) {
	t.Helper()
	_, err := h.Recognise(context.Background(), reader, 0)
	check(t, err)
}

func wanted(t testing.TB, kind match.Kind, value string) []match.Identifier {
	t.Helper()
	id, err := match.ParseIdentifier(kind, value)
	check(t, err)
	return []match.Identifier{id}
}

func reasonsOf(list []Unreadable) (out []string) {
	for _, u := range list {
		out = append(out, u.Part+" "+u.Reason)
	}
	slices.Sort(out)
	return out
}

func TestTextOfPicturesIsFound(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	blank := pngOf(t, image.NewGray(image.Rect(0, 0, 9, 9)))
	jan, cup := slices.Concat(blank, []byte("SHOWS-JAN")), slices.Concat(blank, []byte("SHOWS-CUP"))
	h.take(t, withFiles("p1", "image/png", jan, cup, blank), withFiles("p2", "application/zip", zipped("a.png", string(jan), "b.png", string(blank))))
	find := func() Finding {
		f, err := h.Find(ctx, host, email(t, janAddr), FindOptions{})
		check(t, err)
		return f
	}
	if f := find(); len(f.Hits) != 0 || len(f.Complete.Unreadable) != 4 {
		t.Fatalf("before: got %d hits, unreadable %v", len(f.Hits), reasonsOf(f.Complete.Unreadable))
	}
	reader, calls := recogniser(t, "")
	last, err := h.Recognise(ctx, reader, 0)
	check(t, err)
	f := find()
	if got := messagesOf(f.Hits); len(got) != 2 || f.Hits[0].Kind != "recognised" || f.Hits[0].Part != "2" || f.Hits[0].Place() != InFiles || !f.Complete.IndexAgrees {
		t.Errorf("after: got %+v, index agrees: %t", f.Hits, f.Complete.IndexAgrees)
	}
	if got, want := reasonsOf(f.Complete.Unreadable), []string{"2 picture without text", "4 picture without text"}; !slices.Equal(got, want) {
		t.Errorf("left to look at: got %q, want %q", got, want)
	}
	again(t, h, reader)
	h.take(t, withFiles("p3", "image/png", cup))
	if last, err = h.Recognise(ctx, reader, last); err != nil || last != 3 {
		t.Errorf("got to message %d, %v; want 3", last, err)
	}
	if calls() != 6 {
		t.Errorf("the command ran %d times, want 6: once a picture", calls())
	}
	redactsPicture(t, h)
}

// redactsPicture: what shows the person goes whole; what the other pictures show is
// still found.
func redactsPicture(t *testing.T, h *house) {
	t.Helper()
	ctx := context.Background()
	eraseFound(t, h, email(t, janAddr))
	raw, err := h.Store.RawBytes(1)
	check(t, err)
	if bytes.Contains(raw, []byte("U0hPV1MtSkFO")) || strings.Count(string(raw), "withheld") != 1 {
		t.Errorf("the picture was not withheld, or others were:\n%s", raw)
	}
	if found := bytesIn(t, h.dir, janAddr); len(found) > 0 {
		t.Errorf("still in %v", found)
	}
	cup, err := h.Find(ctx, host, wanted(t, match.Text, "hrnek za 290 Kc"), FindOptions{})
	if err != nil || len(cup.Hits) != 2 || cup.Hits[0].Part != "3" {
		t.Errorf("the other picture's text: got %+v, %v", cup.Hits, err)
	}
}

func TestRecognitionThatFails(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.take(t, withFiles("p1", "image/png", pngOf(t, image.NewGray(image.Rect(0, 0, 9, 9)))))
	reader, _ := recogniser(t, "exit 1")
	again(t, h, reader)
	f, err := h.Find(ctx, host, email(t, janAddr), FindOptions{})
	check(t, err)
	if got, want := reasonsOf(f.Complete.Unreadable), []string{"2 picture without text", "2 text recognition failed"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	other, _ := recogniser(t, "") // set anew, it is tried again
	again(t, h, other)
	f, err = h.Find(ctx, host, email(t, janAddr), FindOptions{})
	check(t, err)
	if got, want := reasonsOf(f.Complete.Unreadable), []string{"2 picture without text"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRecognisedTextIsKept when a text is derived again.
func TestRecognisedTextIsKept(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	picture := slices.Concat(pngOf(t, image.NewGray(image.Rect(0, 0, 9, 9))), []byte("SHOWS-JAN"))
	h.take(t, withFiles("p1", "image/png", picture))
	reader, _ := recogniser(t, "")
	again(t, h, reader)
	text, err := h.storedText(1)
	check(t, err)
	text.Version--
	raw, err := h.Store.RawBytes(1)
	check(t, err)
	check(t, h.Store.Replace(ctx, store.Content{ID: 1, Raw: raw, Text: text.Encode()}))
	derived, err := h.Desk.Rederive(ctx, 1)
	check(t, err)
	f, err := h.Find(ctx, host, email(t, janAddr), FindOptions{})
	if err != nil || !derived || len(f.Hits) != 1 || len(f.Complete.Unreadable) != 0 {
		t.Errorf("derived again: %t; got %d hits, unreadable %v, %v", derived, len(f.Hits), f.Complete.Unreadable, err)
	}
}

// TestScansThatWereReadAreKeptBack: an export for one person can't rule out others in
// a scan, whatever recognition saw in it.
func TestScansThatWereReadAreKeptBack(t *testing.T) {
	raw := []byte(withFiles("p1", "application/pdf", scanned(t, image.NewGray(image.Rect(0, 0, 9, 9)))))
	read := mail.Text{Parts: []mail.TextPart{{Path: "2", Kind: mail.Recognised, Text: "Faktura"}}}
	if got := closedParts(raw, store.Message{}, read); len(got) != 1 || got["2"] != withheldPicture {
		t.Errorf("got %v, want part 2 kept back", got)
	}
}

// TestTesseract reads a picture and a scan with the real program, which machine.sh
// installs; a developer who is not root may lack it.
func TestTesseract(t *testing.T) {
	program, err := exec.LookPath("tesseract")
	if err != nil {
		t.Skip("tesseract is not installed")
	}
	h := newHouse(t)
	ctx := context.Background()
	h.take(t, withFiles("p1", "image/png", pngOf(t, shows(t, "Zakaznik Karel Vopicka, tel. 602 111 222"))), withFiles("p2", "application/pdf", scanned(t, shows(t, "Faktura pro Karel Vopicka, 602 111 222"))))
	f, err := h.Find(ctx, host, wanted(t, match.Phone, "602111222"), FindOptions{})
	check(t, err)
	if got, want := reasonsOf(f.Complete.Unreadable), []string{"2 " + attach.NoTextLayer, "2 " + attach.PictureOnly}; !slices.Equal(got, want) {
		t.Fatalf("before: got %q, want %q", got, want)
	}
	reader, err := ocr.New(program+" {in} -", t.TempDir())
	check(t, err)
	again(t, h, reader)
	f, err = h.Find(ctx, host, wanted(t, match.Phone, "602111222"), FindOptions{})
	check(t, err)
	if got := messagesOf(f.Hits); len(got) != 2 || len(f.Complete.Unreadable) != 0 {
		t.Errorf("got %v, unreadable %v", f.Hits, f.Complete.Unreadable)
	}
}
