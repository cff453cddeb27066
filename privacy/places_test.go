package privacy

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"html"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"mime"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// spot is one place of a mail that a text can stand in. Its mail has no Message-ID
// and no Date: who plants it puts them in front.
type spot struct {
	name  string
	lines bool // takes a text of several lines
	mail  func(r *rand.Rand, text string) []byte
}

func (s spot) takes(f spelling) bool {
	encodes := strings.Contains("URL parameter, mailto or tel link, link in plain text, file name, file json, file ics, file vcf, percent-encoded data URI in a link, source of a mail in plain text", s.name)
	return (s.lines || !strings.Contains(f.text, "\n")) && !(encodes && f.encoded())
}

// places lists them all.
var places = func() []spot {
	all := []spot{
		{"plain text", true, plainMail("Dobrý den,\n\n%s\n\nDěkuji")},
		{"quoted text", true, quotedMail},
		{"signature", true, plainMail("Dobrý den\n\n-- \nObchod\n%s\n")},
		{"HTML text", true, htmlMail("<p>Dobrý den, %s .</p>")},
		{"HTML in a table", true, htmlMail("<table><tr><td>Údaj</td><td>%s</td><td>x</td></tr></table>")},
		{"HTML attribute", false, htmlMail(`<p>x</p><img src="cid:1" alt="%s">`)},
		{"HTML title", false, htmlMail(`<p title="%s">x</p>`)},
		{"HTML data attribute", false, htmlMail(`<p data-customer="%s">x</p>`)},
		{"HTML form value", false, htmlMail(`<form><input type="hidden" value="%s"></form>`)},
		{"hidden HTML", true, htmlMail(`<p>x</p><div style="display:none">%s</div>`)},
		{"HTML comment", false, htmlMail(`<p>x</p><!-- %s -->`)},
		{"HTML head", false, htmlMail(`<html><head><title>%s</title></head><body>x</body></html>`)},
		{"URL parameter", false, linkMail(`<a href="https://shop.example/o?id=%s&amp;x=1">x</a>`)},
		{"mailto or tel link", false, linkMail(`<a href="mailto:%s">x</a>`)},
		{"link in plain text", false, func(r *rand.Rand, text string) []byte {
			return plainMail("Viz https://shop.example/o?id=%s&x=1 .")(r, url.QueryEscape(text))
		}},
		{"markup inside", false, func(r *rand.Rand, text string) []byte {
			half := middle(text)
			return bodyMail(r, "text/html", "<p>Píše <b>"+escaped(text[:half])+"</b><span style='color:red'>"+escaped(text[half:])+"</span> x</p>")
		}},
		{"file name", false, nameMail(func(name string) string { return `attachment; filename*=UTF-8''` + url.PathEscape(name) })},
		{"file name in encoded words", false, nameMail(func(name string) string { return `attachment; filename="` + mime.BEncoding.Encode("utf-8", name) + `"` })},
		{"preamble", true, func(_ *rand.Rand, text string) []byte {
			return []byte("From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n" + text + " \r\n--bb\r\n\r\nx\r\n--bb--\r\n")
		}},
		{"nested message", true, func(r *rand.Rand, text string) []byte {
			return attached("message/rfc822", "", "7bit", plainMail("Dobrý den,\n%s \n")(r, text))
		}},
		{"subject of a nested message", false, func(r *rand.Rand, text string) []byte {
			return attached("message/rfc822", "", "7bit", headerMail("Subject")(r, text))
		}},
		{"uuencoded file", true, func(_ *rand.Rand, text string) []byte {
			return []byte("From: a@b.example\r\nContent-Type: text/plain\r\n\r\n" + uuencoded("data.txt", "x "+text+" y\n"))
		}},
	}
	all = append(all, embeddedPlaces()...)
	all = append(all, addressPlaces()...)
	all = append(all, picturePlaces()...)
	all = append(all, namePlaces()...)
	for _, field := range []string{"Subject", "Return-Path", "Delivered-To", "Resent-From", "Resent-To", "X-Original-To", "X-Customer", "Reply-To", "To", "Cc", "Comments", "List-Unsubscribe", "Received"} {
		all = append(all, spot{"header " + field, false, headerMail(field)})
	}
	for _, f := range files {
		all = append(all, spot{"file " + f.name, f.lines, func(_ *rand.Rand, text string) []byte {
			return attached(f.kind, "data."+f.name, "base64", f.data(text))
		}})
	}
	return all
}()

// embeddedPlaces are texts and files that stand within a text, encoded.
func embeddedPlaces() []spot {
	in64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte("Údaj: " + text + " .")) }
	html := func(format string, encode func(string) string) func(*rand.Rand, string) []byte {
		return func(r *rand.Rand, text string) []byte {
			return bodyMail(r, "text/html", fmt.Sprintf(format, encode(text)))
		}
	}
	plain := func(encode func(string) string) func(*rand.Rand, string) []byte {
		return func(r *rand.Rand, text string) []byte {
			return bodyMail(r, "text/plain", "Dobrý den, posílám:\n\n"+encode(text)+"\n\nDěkuji")
		}
	}
	unix := func(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
	lines := func(text string) string {
		return unix(transferred("base64", []byte(strings.Repeat("Údaj: ", 20)+text+" .")))
	}
	enriched := func(t string) string {
		half := middle(t)
		t = t[:half] + "\x00" + t[half:]
		return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(t, "<", "<<"), "\n", "\n\n"), "\x00", "</color></bold><italic>")
	}
	return []spot{
		{"base64 data URI in src", true, html(`<p>x</p><img src="data:text/plain;charset=utf-8;base64,%s">`, in64)},
		{"base64 data URI without alignment", true, html(`<p>x</p><img src='data:;base64,%s'>`, func(t string) string { return strings.TrimRight(in64(t), "=") })},
		{"base64 data URI, percent-encoded", true, html(`<a href="data:text/plain;base64,%s">x</a>`, func(t string) string { return url.QueryEscape(in64(t)) })},
		{"base64 data URI in lines", true, html("<p>x</p><img src=\"data:text/plain;base64,\n%s\">", lines)},
		{"base64 data URI in a style", true, html(`<p>x</p><div style="background:url(data:image/svg+xml;base64,%s)">y</div>`, func(t string) string {
			return base64.StdEncoding.EncodeToString([]byte(`<svg xmlns="http://www.w3.org/2000/svg"><text>` + escaped(t) + ` </text></svg>`))
		})},
		{"document in a data URI", true, html(`<a href="data:application/vnd.openxmlformats-officedocument.wordprocessingml.document;base64,%s">x</a>`, func(t string) string { return base64.StdEncoding.EncodeToString(docx(t)) })},
		{"name of a data URI", false, html(`<img src="data:text/plain;name=%s;base64,eA==">`, func(t string) string { return url.PathEscape("foto " + t + " .gif") })},
		{"percent-encoded data URI in a link", false, html(`<a href="data:text/html,%s">x</a>`, func(t string) string {
			half := middle(t)
			return url.PathEscape("<p>Údaj " + escaped(t[:half]) + "<b>" + escaped(t[half:]) + "</b> .</p>")
		})},
		{"picture's name", false, htmlMail(`<img src="foto/%s .jpg">`)},
		{"base64 in plain text", true, plain(in64)},
		{"source of a mail in plain text", false, plain(func(t string) string {
			return "Content-Transfer-Encoding: quoted-printable\n\n" + unix(transferred("quoted-printable", []byte(strings.Repeat("údaj ", 6)+t+" .")))
		})},
		{"link that Proofpoint rewrote", false, html(`<a href="https://urldefense.proofpoint.com/v2/url?u=https-3A__x.example_-3Fq-3D%s-26n&d=x">x</a>`, func(t string) string {
			var b strings.Builder
			for _, c := range []byte(t) {
				fmt.Fprintf(&b, "-%02X", c)
			}
			return b.String()
		})},
		{"value of LDIF", true, plain(func(t string) string {
			return "dn: cn=x\ncn:: " + base64.StdEncoding.EncodeToString([]byte(t+" ")) + "\nobjectClass: person"
		})},
		{"base64 in lines of plain text", true, plain(lines)},
		{"base64 in quoted text", true, plain(func(t string) string { return "> " + strings.ReplaceAll(strings.TrimSpace(lines(t)), "\n", "\n> ") })},
		{"base64 in lines of HTML", true, html("<p>x<br>\n%s</p>", func(t string) string { return strings.ReplaceAll(lines(t), "\n", "<br>\n") })},
		{"base64 in a link", true, html(`<a href="https://news.example/odhlasit/%s/?x=1">x</a>`, func(t string) string { return base64.RawURLEncoding.EncodeToString([]byte(`{"user":"` + t + ` "}`)) })},
		{"base64 document in plain text", true, plain(func(t string) string { return unix(transferred("base64", pdf(t))) })},
		{"base64 in a text file", true, func(_ *rand.Rand, t string) []byte {
			return attached("application/zip", "data.zip", "base64", zipped("posta.txt", "Zdroj:\n\n"+lines(t)))
		}},
		{"base64 in a link of the header", false, func(_ *rand.Rand, t string) []byte {
			return []byte("From: a@b.example\r\nList-Unsubscribe: <https://news.example/u/" + base64.RawURLEncoding.EncodeToString([]byte("kdo="+t+" ")) + ">\r\n\r\nx\r\n")
		}},
		{"text/enriched", true, func(r *rand.Rand, t string) []byte {
			return bodyMail(r, "text/enriched", "<bold><color><param>red</param>Dobrý den, "+enriched(t)+"</italic> .")
		}},
		{"parameter of text/enriched", false, func(r *rand.Rand, t string) []byte {
			return bodyMail(r, "text/enriched", "<x-note><param> "+t+" </param>Dobrý den</x-note>")
		}},
		{"text/richtext", false, func(r *rand.Rand, t string) []byte {
			half := middle(t)
			return bodyMail(r, "text/richtext", "<bold>Dobrý den, "+strings.ReplaceAll(t[:half], "<", "<lt>")+"</bold><italic>"+strings.ReplaceAll(t[half:], "<", "<lt>")+"</italic> .<nl>")
		}},
	}
}

// addressPlaces are those of RFC 5322 §3.2 beside a name and an address.
func addressPlaces() []spot {
	field := func(format string, encode func(string) string) func(*rand.Rand, string) []byte {
		return func(_ *rand.Rand, text string) []byte {
			return []byte(fmt.Sprintf(format, encode(text)) + "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nx\r\n")
		}
	}
	same := func(t string) string { return t }
	word := func(t string) string { return mime.BEncoding.Encode("utf-8", t) }
	quoted := func(t string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(t) }
	pairs := func(t string) string { // every second character is a quoted pair, RFC 5322 §3.2.1
		var b strings.Builder
		for i, c := range []rune(t) {
			if i%2 == 1 && c < 0x80 {
				b.WriteByte('\\')
			}
			b.WriteRune(c)
		}
		return b.String()
	}
	return []spot{
		{"comment before an address", false, field("From: (%s) <a@b.example>", same)},
		{"comment behind an address", false, field("To: a@b.example (%s)", word)},
		{"comment in a comment", false, field("Cc: a@b.example (firma (%s ))", word)},
		{"name of a group", false, field("To: %s : a@b.example, c@d.example;", word)},
		{"name in quotes", false, field("From: \"%s\" <a@b.example>", quoted)},
		{"quoted pairs in a name", false, field("From: \"%s\" <a@b.example>", pairs)},
		{"address with comments in it", false, field("To: %s", func(t string) string { return strings.NewReplacer("@", "(tam)@ (kde)", ".", "(a). ").Replace(t) })},
		{"quoted local part", false, field("Cc: %s", func(t string) string {
			if local, domain, ok := strings.Cut(t, "@"); ok && !strings.ContainsAny(local, " <:") {
				return `"` + local + `"@` + domain
			}
			return t
		})},
		{"quoted pairs in a comment", false, field("To: a@b.example (%s )", pairs)},
	}
}

// picturePlaces are those beside what a picture shows. Each leaves its mark.
func picturePlaces() []spot {
	blank := func(encode func(*bytes.Buffer, image.Image)) []byte {
		var b bytes.Buffer
		encode(&b, image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.White}))
		return b.Bytes()
	}
	jpg := blank(func(b *bytes.Buffer, m image.Image) { must(jpeg.Encode(b, m, nil)) })
	pic := blank(func(b *bytes.Buffer, m image.Image) { must(png.Encode(b, m)) })
	anim := blank(func(b *bytes.Buffer, m image.Image) { must(gif.Encode(b, m, nil)) })
	place := func(name, kind string, data func(text string) []byte) spot {
		return spot{"picture " + name, false, func(_ *rand.Rand, text string) []byte { return attached(kind, "foto", "base64", data(text)) }}
	}
	segment := func(mark byte, data []byte) []byte {
		return slices.Concat(jpg[:2], []byte{0xff, mark}, binary.BigEndian.AppendUint16(nil, uint16(len(data)+2)), data, jpg[2:])
	}
	chunk := func(kind string, data []byte) []byte {
		body := append([]byte(kind), data...)
		whole := slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(len(data))), body, binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
		return slices.Concat(pic[:33], whole, pic[33:])
	}
	packed := func(data []byte) []byte {
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		_, err := z.Write(data)
		must(err, z.Close())
		return b.Bytes()
	}
	xmp := func(t string) []byte {
		return []byte(`<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>` + escaped(t) + ` </dc:creator></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`)
	}
	riff := func(kind string, data []byte) []byte {
		if len(data)%2 == 1 {
			data = append(data, 0)
		}
		body := slices.Concat([]byte("WEBPVP8L\x00\x00\x00\x00"), []byte(kind), binary.LittleEndian.AppendUint32(nil, uint32(len(data))), data)
		return slices.Concat([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(body))), body)
	}
	inUTF16 := func(t string) []byte { return u16le(t + "\x00") }
	return []spot{
		place("JPEG comment", "image/jpeg", func(t string) []byte { return segment(0xfe, []byte("foto: "+t+" .")) }),
		place("EXIF description", "image/jpeg", func(t string) []byte {
			return segment(0xe1, slices.Concat([]byte("Exif\x00\x00"), exif(0x10e, 2, []byte(t+" .\x00"))))
		}),
		place("EXIF author of Windows", "image/jpeg", func(t string) []byte {
			return segment(0xe1, slices.Concat([]byte("Exif\x00\x00"), exif(0x9c9d, 1, inUTF16(t+" ."))))
		}),
		place("EXIF comment", "image/jpeg", func(t string) []byte {
			return segment(0xe1, slices.Concat([]byte("Exif\x00\x00"), exif(0x9286, 7, slices.Concat([]byte("UNICODE\x00"), inUTF16("k tomu "+t+" .")))))
		}),
		place("IPTC", "image/jpeg", func(t string) []byte {
			return segment(0xed, slices.Concat([]byte("Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x01\x00\x1c\x02\x78"), binary.BigEndian.AppendUint16(nil, uint16(len(t)+2)), []byte(t+" .")))
		}),
		place("XMP", "image/jpeg", func(t string) []byte {
			return segment(0xe1, slices.Concat([]byte("http://ns.adobe.com/xap/1.0/\x00"), xmp(t)))
		}),
		place("PNG tEXt", "image/png", func(t string) []byte { return chunk("tEXt", []byte("Comment\x00"+t+" .")) }),
		place("PNG zTXt", "image/png", func(t string) []byte {
			return chunk("zTXt", slices.Concat([]byte("Comment\x00\x00"), packed([]byte(t+" ."))))
		}),
		place("PNG iTXt", "image/png", func(t string) []byte {
			return chunk("iTXt", slices.Concat([]byte("Comment\x00\x01\x00cs\x00\x00"), packed([]byte(t+" ."))))
		}),
		place("PNG XMP", "image/png", func(t string) []byte {
			return chunk("iTXt", slices.Concat([]byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"), xmp(t)))
		}),
		place("PNG eXIf", "image/png", func(t string) []byte { return chunk("eXIf", exif(0x13b, 2, []byte(t+" .\x00"))) }),
		place("PNG raw profile", "image/png", func(t string) []byte { // as ImageMagick writes EXIF
			profile := slices.Concat([]byte("Exif\x00\x00"), exif(0x10e, 2, []byte(t+" .\x00")))
			return chunk("zTXt", slices.Concat([]byte("Raw profile type exif\x00\x00"), packed(fmt.Appendf(nil, "\nexif\n%8d\n%s\n", len(profile), wrapped72(hex.EncodeToString(profile))))))
		}),
		place("GIF comment", "image/gif", func(t string) []byte {
			comment := []byte("foto: " + t + " .")
			return slices.Concat(anim[:len(anim)-1], []byte{0x21, 0xfe, byte(len(comment) % 256)}, comment[:len(comment)%256], []byte{0, 0x3b})
		}),
		place("WebP EXIF", "image/webp", func(t string) []byte { return riff("EXIF", exif(0x10e, 2, []byte(t+" .\x00"))) }),
		place("WebP XMP", "image/webp", func(t string) []byte { return riff("XMP ", xmp(t)) }),
		place("TIFF", "image/tiff", func(t string) []byte { return exif(0x10e, 2, []byte(t+" .\x00")) }),
		place("HEIC EXIF", "image/heic", func(t string) []byte {
			return slices.Concat([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic\x00\x00\x10\x00mdat\x00\x00\x00\x06Exif\x00\x00"), exif(0x10e, 2, []byte(t+" .\x00")))
		}),
		place("SVG", "image/svg+xml", func(t string) []byte {
			return []byte(`<svg xmlns="http://www.w3.org/2000/svg"><text>` + escaped(t) + ` </text></svg>`)
		}),
	}
}

// exif is a TIFF directory with one value, and one below it where such values stand.
func exif(tag uint16, kind uint16, value []byte) []byte {
	order := binary.LittleEndian
	b := []byte("II*\x00\x08\x00\x00\x00\x01\x00")
	at := 8 + 2 + 12 + 4
	if tag == 0x9286 {
		b = append(order.AppendUint32(order.AppendUint32(append(b, 0x69, 0x87, 4, 0), 1), uint32(at)), 0, 0, 0, 0, 1, 0)
		at += 2 + 12 + 4
	}
	b = order.AppendUint16(order.AppendUint16(b, tag), kind)
	b = order.AppendUint32(order.AppendUint32(b, uint32(len(value))), uint32(at))
	return slices.Concat(b, []byte{0, 0, 0, 0}, value)
}

func u16le(t string) (b []byte) {
	for _, unit := range utf16.Encode([]rune(t)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

func wrapped72(s string) string {
	var lines []string
	for len(s) > 72 {
		lines, s = append(lines, s[:72]), s[72:]
	}
	return strings.Join(append(lines, s), "\n")
}

func must(errs ...error) {
	if err := errors.Join(errs...); err != nil {
		panic(err) // a buffer takes everything
	}
}

// namePlaces are the names of files, wherever they stand.
func namePlaces() []spot {
	name := func(t string) string { return "dopis " + t + " .txt" }
	pieces := func(charset string, enc encoding.Encoding) func(string) string {
		return func(t string) string {
			charset := charset
			data, err := enc.NewEncoder().Bytes([]byte(t))
			if err != nil {
				charset, data = "utf-8", []byte(t)
			}
			s, n := url.PathEscape(string(data)), 0
			head := "attachment"
			for ; s != ""; n++ {
				at := min(len(s), 20)
				for at > 0 && at < len(s) && (s[at-1] == '%' || at > 1 && s[at-2] == '%') {
					at--
				}
				mark := ""
				if n == 0 {
					mark = charset + "''"
				}
				head += fmt.Sprintf(";\r\n filename*%d*=%s%s", n, mark, s[:at])
				s = s[at:]
			}
			return head
		}
	}
	inZip := func(flags uint16, enc encoding.Encoding) func(string) []byte {
		return func(t string) []byte {
			raw, err := enc.NewEncoder().String(name(t))
			flags := flags
			if err != nil || strings.Contains(t, "\u00ad") { // which no one could guess
				raw, flags = name(t), 0x800
			}
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			w, err := z.CreateHeader(&zip.FileHeader{Name: raw, NonUTF8: flags == 0})
			must(err)
			_, err = w.Write([]byte("x"))
			must(err, z.Close())
			return b.Bytes()
		}
	}
	zipMail := func(data func(string) []byte) func(*rand.Rand, string) []byte {
		return func(_ *rand.Rand, t string) []byte { return attached("application/zip", "data.zip", "base64", data(t)) }
	}
	return []spot{
		{"file name in pieces", false, nameMail(pieces("utf-8", encoding.Nop))},
		{"file name in pieces of windows-1250", false, nameMail(pieces("windows-1250", charmap.Windows1250))},
		{"file name of a ZIP", false, zipMail(inZip(0x800, encoding.Nop))},
		{"file name of a ZIP in CP852", false, zipMail(inZip(0, charmap.CodePage852))},
		{"file name of a TAR", false, func(_ *rand.Rand, t string) []byte {
			var b bytes.Buffer
			w := tar.NewWriter(&b)
			must(w.WriteHeader(&tar.Header{Name: name(t), Size: 1, Mode: 0o600}))
			_, err := w.Write([]byte("x"))
			must(err, w.Close())
			return attached("application/x-tar", "data.tar", "base64", b.Bytes())
		}},
		{"file name in uuencode", false, func(_ *rand.Rand, t string) []byte {
			return []byte("From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + uuencoded(name(t), "x\n"))
		}},
		{"uuencoded file in an attached text", true, func(_ *rand.Rand, t string) []byte {
			return attached("application/zip", "data.zip", "base64", zipped("posta.txt", "Zdroj:\n\n"+strings.ReplaceAll(uuencoded("a.txt", "x "+t+" y\n"), "\r", "")))
		}},
		{"two uuencoded files", true, func(_ *rand.Rand, t string) []byte {
			return []byte("From: a@b.example\r\n\r\nDobrý den\r\n" + uuencoded("a.txt", "nic\n") + "\r\na\r\n\r\n" + uuencoded("b.txt", "x "+t+" y\n") + "konec\r\n")
		}},
		{"uuencode's base64", true, func(_ *rand.Rand, t string) []byte {
			return []byte("From: a@b.example\r\n\r\nbegin-base64 644 a.txt\r\n" + transferred("base64", []byte("Udaj: "+t+" .")) + "====\r\n")
		}},
		{"description of a part", false, func(_ *rand.Rand, t string) []byte {
			return []byte("From: a@b.example\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\nContent-Description: " + mime.BEncoding.Encode("utf-8", t) + "\r\n\r\nx\r\n--bb--\r\n")
		}},
	}
}

// document writes a text into a file.
type document struct {
	name, kind string
	lines      bool
	data       func(text string) []byte
}

var files = []document{
	{"txt", "text/plain; charset=utf-8", true, func(t string) []byte { return []byte("Údaj: " + t + " .\n") }},
	{"csv", "text/csv; charset=utf-8", false, func(t string) []byte {
		return []byte("jméno;údaj;částka\nx;\"" + strings.ReplaceAll(t, `"`, `""`) + "\";100\n")
	}},
	{"json", "application/json", false, func(t string) []byte { return []byte(`{"id": 1, "value": ` + quotedJSON(t) + `, "x": [1]}`) }},
	{"xml", "application/xml", false, func(t string) []byte {
		return []byte(`<?xml version="1.0" encoding="UTF-8"?><a><b>` + escaped(t) + `</b><c>1</c></a>`)
	}},
	{"html", "text/html; charset=utf-8", true, func(t string) []byte { return []byte("<!doctype html><meta charset=utf-8><p>" + escaped(t) + "</p>") }},
	{"html", "application/octet-stream", true, func(t string) []byte {
		half := middle(t)
		return []byte("<!doctype html><meta charset=utf-8><p>" + escaped(t[:half]) + "<b>" + escaped(t[half:]) + "</b></p>")
	}},
	{"eml", "application/octet-stream", true, func(t string) []byte {
		return []byte("From: a@b.example\r\nSubject: x\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nText " + t + " x\r\n")
	}},
	{"ics", "text/calendar; charset=utf-8", false, func(t string) []byte {
		return folded75("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nDESCRIPTION:Schůzka u zákazníka a předání: " + cardEscaped(t) + " konec\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
	}},
	{"vcf", "text/vcard; charset=utf-8", false, func(t string) []byte {
		return folded75("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:x\r\nNOTE:Poznámka k zákazníkovi ze starého systému: " + cardEscaped(t) + " konec\r\nEND:VCARD\r\n")
	}},
	{"rtf", "application/rtf", true, func(t string) []byte { return []byte(`{\rtf1\ansi\ansicpg1250 Text ` + rtfEscaped(t) + ` x}`) }},
	{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", true, docx},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", false, xlsx},
	{"odt", "application/vnd.oasis.opendocument.text", true, odt},
	{"pdf", "application/pdf", true, pdf},
	{"zip", "application/zip", true, func(t string) []byte { return zipped("seznam.txt", "Údaj: "+t+" .\n") }},
	{"nested.zip", "application/zip", true, func(t string) []byte {
		return zipped("vnitrni.zip", string(zipped("dopis.docx", string(docx(t)))))
	}},
}

func plainMail(format string) func(*rand.Rand, string) []byte {
	return func(r *rand.Rand, text string) []byte { return bodyMail(r, "text/plain", fmt.Sprintf(format, text)) }
}

func quotedMail(r *rand.Rand, text string) []byte {
	if !strings.Contains(text, "\n> ") {
		text = strings.ReplaceAll(text, "\n", "\n> ")
	}
	return bodyMail(r, "text/plain", "Souhlasím.\n\nDne 1. 11. 2026 napsal obchod:\n> Dobrý den,\n> údaj "+text+"\n> děkuji\n")
}

// htmlMail: what is written as entities stays as it is.
func htmlMail(format string) func(*rand.Rand, string) []byte {
	return func(r *rand.Rand, text string) []byte {
		return bodyMail(r, "text/html", fmt.Sprintf(format, escaped(text)))
	}
}

func linkMail(format string) func(*rand.Rand, string) []byte {
	return func(r *rand.Rand, text string) []byte {
		return bodyMail(r, "text/html", fmt.Sprintf(format, url.QueryEscape(strings.TrimPrefix(text, "mailto:"))))
	}
}

// escaped for HTML and XML; line ends are ends of lines there too.
func escaped(text string) string {
	if !strings.Contains(text, "&#") && !strings.Contains(text, "&lt;") {
		text = html.EscapeString(text)
	}
	return strings.ReplaceAll(text, "\n", "<br/>\n")
}

// middle is a rune border that divides no entity or escape.
func middle(text string) int {
	if strings.ContainsAny(text, `&%\`) {
		return 0
	}
	at := len(text) / 2
	for at > 0 && !runeStart(text[at]) {
		at--
	}
	return at
}

// charsets that mail comes in; a text that does not fit one goes as UTF-8.
var charsets = []struct {
	name string
	encoding.Encoding
}{
	{"utf-8", encoding.Nop}, {"windows-1250", charmap.Windows1250}, {"iso-8859-2", charmap.ISO8859_2}, {"utf-16", unicode.UTF16(unicode.BigEndian, unicode.UseBOM)}, {"us-ascii", charmap.Windows1250},
}

// bodyMail draws charset and transfer encoding.
func bodyMail(r *rand.Rand, kind, body string) []byte {
	c := charsets[r.IntN(len(charsets))]
	data, err := c.NewEncoder().Bytes([]byte(body))
	if err != nil || c.name == "us-ascii" && body != string(data) {
		c, data = charsets[0], []byte(body)
	}
	transfer := []string{"quoted-printable", "base64", "8bit"}[r.IntN(3)]
	if c.name == "utf-16" {
		transfer = "base64"
	}
	return fmt.Appendf(nil, "From: a@b.example\r\nTo: shop@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: %s; charset=%s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s\r\n", kind, c.name, transfer, transferred(transfer, data))
}

func transferred(transfer string, data []byte) string {
	var b strings.Builder
	switch transfer {
	case "quoted-printable":
		w := quotedprintable.NewWriter(&b)
		w.Write(data) //nolint:errcheck // a strings.Builder takes everything
		w.Close()
	case "base64":
		for text := base64.StdEncoding.EncodeToString(data); text != ""; {
			n := min(76, len(text))
			b.WriteString(text[:n] + "\r\n")
			text = text[n:]
		}
	default:
		return strings.ReplaceAll(string(data), "\n", "\r\n")
	}
	return b.String()
}

func headerMail(field string) func(*rand.Rand, string) []byte {
	return func(r *rand.Rand, text string) []byte {
		encoder := []mime.WordEncoder{mime.BEncoding, mime.QEncoding}[r.IntN(2)]
		return fmt.Appendf(nil, "%s: %s\r\nFrom: a@b.example\r\nContent-Type: text/plain\r\n\r\nx\r\n", field, encoder.Encode("utf-8", text))
	}
}

func nameMail(disposition func(name string) string) func(*rand.Rand, string) []byte {
	return func(_ *rand.Rand, text string) []byte {
		return []byte("From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\nx\r\n--bb\r\nContent-Type: text/plain\r\nContent-Disposition: " +
			disposition("dopis "+text+" .txt") + "\r\n\r\nx\r\n--bb--\r\n")
	}
}

func attached(kind, name, transfer string, data []byte) []byte {
	head := "Content-Type: " + kind + "\r\n"
	if name != "" {
		head += "Content-Disposition: attachment; filename=" + name + "\r\nContent-Transfer-Encoding: " + transfer + "\r\n"
		data = []byte(transferred(transfer, data))
	}
	return fmt.Appendf(nil, "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n\r\nV příloze.\r\n--outer\r\n%s\r\n%s\r\n--outer--\r\n", head, data)
}

func uuencoded(name, text string) string {
	var b strings.Builder
	b.WriteString("begin 644 " + name + "\r\n")
	for text != "" {
		n := min(45, len(text))
		line := append([]byte(text[:n]), 0, 0)
		b.WriteByte(byte(32 + n))
		for i := 0; i < n; i += 3 {
			for _, six := range []byte{line[i] >> 2, line[i]<<4&0x30 | line[i+1]>>4, line[i+1]<<2&0x3c | line[i+2]>>6, line[i+2] & 0x3f} {
				if six == 0 {
					six = 64 // a space would be lost at a line's end
				}
				b.WriteByte(32 + six)
			}
		}
		b.WriteString("\r\n")
		text = text[n:]
	}
	return b.String() + "`\r\nend\r\n"
}

// quotedJSON: a text in escapes stays as it is.
func quotedJSON(t string) string {
	if strings.Contains(t, `\u`) {
		return `"` + t + `"`
	}
	b, _ := json.Marshal(t)
	return string(b)
}

func cardEscaped(t string) string {
	return strings.NewReplacer(",", `\,`, ";", `\;`).Replace(t)
}

// folded75 folds lines after 75 bytes (RFC 5545 §3.1).
func folded75(text string) []byte {
	var b bytes.Buffer
	for _, line := range strings.SplitAfter(text, "\r\n") {
		for len(line) > 77 {
			at := 75
			for !runeStart(line[at]) {
				at--
			}
			b.WriteString(line[:at] + "\r\n ")
			line = line[at:]
		}
		b.WriteString(line)
	}
	return b.Bytes()
}

func rtfEscaped(t string) string {
	var b strings.Builder
	for _, r := range t {
		switch {
		case r == '\n':
			b.WriteString(`\line `)
		case r == '\\' || r == '{' || r == '}':
			b.WriteString(`\` + string(r))
		case r < 0x80:
			b.WriteRune(r)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%d?`, int16(unit))
			}
		}
	}
	return b.String()
}

// docx divides the text into two runs, as editors do.
func docx(t string) []byte {
	var runs strings.Builder
	for i, line := range strings.Split(t, "\n") {
		if i > 0 {
			runs.WriteString("<w:r><w:br/></w:r>")
		}
		half := middle(line)
		for _, run := range []string{line[:half], line[half:]} {
			runs.WriteString(`<w:r><w:t xml:space="preserve">` + html.EscapeString(run) + `</w:t></w:r>`)
		}
	}
	return zipped("word/document.xml", `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t xml:space="preserve">Text: </w:t></w:r>`+runs.String()+`<w:r><w:t xml:space="preserve"> .</w:t></w:r></w:p></w:body></w:document>`)
}

func xlsx(t string) []byte {
	return zipped("xl/sharedStrings.xml", `<?xml version="1.0" encoding="UTF-8"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>jméno</t></si><si><t xml:space="preserve">`+html.EscapeString(t)+`</t></si></sst>`,
		"xl/workbook.xml", `<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row></sheetData></worksheet>`)
}

func odt(t string) []byte {
	text := strings.ReplaceAll(html.EscapeString(t), "\n", "<text:line-break/>")
	return zipped("mimetype", "application/vnd.oasis.opendocument.text", "content.xml", `<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:p>Text: `+text+` .</text:p></office:text></office:body></office:document-content>`)
}

// zipped takes names and contents in turn.
func zipped(namesAndContents ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(namesAndContents); i += 2 {
		w, err := z.Create(namesAndContents[i])
		if err == nil {
			_, err = w.Write([]byte(namesAndContents[i+1]))
		}
		if err != nil {
			panic(err) // a buffer takes everything
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// pdf writes each character of the text as a byte of its own, whose meaning is in
// the font's ToUnicode map, as most writers of PDF do.
func pdf(t string) []byte {
	codes, cmap := map[rune]int{}, strings.Builder{}
	var shown strings.Builder
	for n, line := range strings.Split(t, "\n") {
		if n > 0 {
			shown.WriteString("0 -16 Td ")
		}
		shown.WriteByte('<')
		for _, r := range line {
			if _, known := codes[r]; !known {
				codes[r] = len(codes) + 33
				fmt.Fprintf(&cmap, "<%02x> <", codes[r])
				for _, unit := range utf16.Encode([]rune{r}) {
					fmt.Fprintf(&cmap, "%04x", unit)
				}
				cmap.WriteString(">\n")
			}
			fmt.Fprintf(&shown, "%02x", codes[r])
		}
		shown.WriteString("> Tj ")
	}
	page := "BT /F1 10 Tf 20 700 Td " + shown.String() + "ET"
	unicodeMap := fmt.Sprintf("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n1 begincodespacerange <00> <ff> endcodespacerange\n%d beginbfchar\n%sendbfchar endcmap end end", len(codes), cmap.String())
	return pdfOf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 900 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(page), page), "<</Type/Font/Subtype/Type1/BaseFont/Courier/ToUnicode 6 0 R>>", fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(unicodeMap), unicodeMap))
}

func pdfOf(objects ...string) []byte {
	var b bytes.Buffer
	var at []int
	b.WriteString("%PDF-1.4\n")
	for n, body := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n+1, body)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}
