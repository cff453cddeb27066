package mail

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

// A saved page or a mail is text on the outside; what it holds is encoded. A redaction
// withholds the file whole.
func TestAttachedMailOfAnyTypeIsReadInside(t *testing.T) {
	page := "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=X\r\n\r\n--X\r\nContent-Type: text/html\r\n" +
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>jana=40example.cz\r\n--X--\r\n"
	raw := []byte("From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=\"page.mht\"\r\n" +
		"Content-Disposition: attachment; filename=\"page.mht\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(page)) + "\r\n")
	text := Extract(Parse(raw), raw)
	if !slices.ContainsFunc(text.Parts, func(p TextPart) bool { return p.Kind == Attachment && strings.Contains(p.Text, "jana@example.cz") }) {
		t.Errorf("not read: %+v", text.Parts)
	}
}

// What a page shows is one text, whatever type the program that sent it named.
func TestPageOfNoTypeIsReadAsShown(t *testing.T) {
	raw := []byte("From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=\"list.html\"\r\n" +
		"Content-Disposition: attachment; filename=\"list.html\"\r\n\r\n<html><table><tr><td align=left>Polni</td>\r\n<td width=9>29</td></tr></table></html>\r\n")
	text := Extract(Parse(raw), raw)
	if !slices.ContainsFunc(text.Parts, func(p TextPart) bool { return strings.Contains(p.Text, "Polni 29") }) {
		t.Errorf("not read: %+v", text.Parts)
	}
}

// A page that says in ASCII that it is UTF-16 isn't.
func TestMetaCharsetUTF16(t *testing.T) {
	raw := []byte("From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<meta charset=utf-16le><p>Příliš žluťoučký")
	if got := Parse(raw).Root.Text; !strings.Contains(got, "Příliš žluťoučký") {
		t.Errorf("got %q", got)
	}
}
