package mail

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"github.com/ulikunitz/xz"
)

// bombs are messages that are small and claim, or unpack to, much. Size 1 is quick;
// at 200 they are as bad as they get.
var bombs = []struct {
	name string
	make func(size int) []byte
}{
	{"zip of zeros", func(n int) []byte { return withFile("a.zip", zipOf(zeros(n*2<<20), "a.txt")) }},
	{"zip of many zips of zeros", func(n int) []byte {
		inner := zipOf(zeros(n<<18), "a.txt")
		return withFile("a.zip", zipOfAll(slices.Repeat([][]byte{inner}, 20)))
	}},
	{"zips within zips", func(n int) []byte {
		return withFile("a.zip", nest(min(20*n, 1000), func(b []byte) []byte { return zipOf(b, "a.zip") }))
	}},
	{"zip whose entries are all the same bytes", func(n int) []byte { return withFile("a.zip", overlapping(n*3)) }},
	{"zip of very many empty files", func(n int) []byte { return withFile("a.zip", zipOfAll(make([][]byte, n*50))) }},
	{"gzip of zeros", func(n int) []byte { return withFile("a.gz", gzipOf(zeros(n*2<<20))) }},
	{"gzip within gzip", func(n int) []byte { return withFile("a.gz", nest(min(20*n, 1000), gzipOf)) }},
	{"xz of zeros", func(n int) []byte { return withFile("a.xz", xzOf(zeros(n<<20))) }},
	{"tar with a huge claim", func(int) []byte { return withFile("a.tar", hugeTar()) }},
	{"DOCX of spaces", func(n int) []byte {
		return withFile("a.docx", zipOf("<w:document><w:t>"+spaces(n<<20)+"</w:t></w:document>", "word/document.xml"))
	}},
	{"DOCX whose elements never close", func(n int) []byte {
		return withFile("a.docx", zipOf(strings.Repeat("<w:p>", n*5000), "word/document.xml"))
	}},
	{"DOCX with entities within entities", func(int) []byte { return withFile("a.docx", zipOf(laughs(), "word/document.xml")) }},
	{"XML with entities within entities", func(int) []byte { return withFile("a.xml", []byte(laughs())) }},
	{"XLSX whose cells all show one long text", func(n int) []byte { return withFile("a.xlsx", longCells(n)) }},
	{"XLSX with endless rows", func(n int) []byte {
		return withFile("a.xlsx", zipOf("<worksheet>"+strings.Repeat("<row><c><v>1e300</v></c></row>", n*1250), "xl/worksheets/sheet1.xml"))
	}},
	{"ODS of repeated spaces", func(n int) []byte {
		return withFile("a.ods", zipOf(strings.Repeat(`<text:s c="2000000000"/>`, n*1250), "mimetype", "content.xml"))
	}},
	{"RTF of braces", func(n int) []byte { return withFile("a.rtf", []byte(`{\rtf1`+strings.Repeat("{", n*25000))) }},
	{"RTF with a binary that has no end", func(int) []byte { return withFile("a.rtf", []byte(`{\rtf1 a\bin2147483647 b`)) }},
	{"RTF of fonts", func(n int) []byte { return withFile("a.rtf", []byte(`{\rtf1`+strings.Repeat(`{\f1\'e8}`, n*5000))) }},
	{"compound file whose sectors run in a circle", func(int) []byte { return withFile("a.doc", circularOLE()) }},
	{"XLS of continued records", func(n int) []byte {
		return withFile("a.xls", slices.Concat(biffHead, []byte{0xfc, 0, 8, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, bytes.Repeat([]byte{0x3c, 0, 1, 0, 0}, n*5000)))
	}},
	{"XLS of one long string, shown again and again", func(n int) []byte {
		text := append([]byte{0xfc, 0, 0x0b, 0x20, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0x20, 0}, bytes.Repeat([]byte("x"), 0x2000)...)
		return withFile("a.xls", slices.Concat(biffHead, text, bytes.Repeat([]byte{0xfd, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, n*500)))
	}},
	{"TNEF within TNEF", func(n int) []byte { return withFile("winmail.dat", nest(min(20*n, 1000), tnefWith)) }},
	{"TNEF with more properties than bytes", func(int) []byte {
		return withFile("winmail.dat", append([]byte(tnefHead), "\x01\x04\x90\x06\x00\x08\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"...))
	}},
	{"packed RTF that repeats itself", func(n int) []byte {
		packed := append([]byte("\x00\x00\x00\x00\xff\xff\xff\x7fLZFu\x00\x00\x00\x00"), bytes.Repeat([]byte("\xff\x00\x0f\x00\x0f\x00\x0f\x00\x0f\x00\x0f\x00\x0f\x00\x0f\x00\x0f"), n*750)...)
		return withFile("winmail.dat", tnefProperty(0x0102, 0x1009, packed))
	}},
	{"CMS within CMS, without lengths", func(n int) []byte {
		return withFile("smime.p7m", append([]byte(cmsHead), bytes.Repeat([]byte{0x30, 0x80}, n*5000)...))
	}},
	{"CMS of strings in pieces", func(n int) []byte {
		return withFile("smime.p7m", append([]byte(cmsHead+"\xa0\x80\x24\x80"), bytes.Repeat([]byte{0x24, 0x80, 4, 0, 0, 0}, n*5000)...))
	}},
	{"PNG with a packed text", func(n int) []byte { return withFile("a.png", pngBomb(n)) }},
	{"EXIF that points at itself", func(int) []byte {
		return withFile("a.tif", []byte("II*\x00\x08\x00\x00\x00\x02\x00\x69\x87\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00\x69\x87\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00\x08\x00\x00\x00"))
	}},
	{"PDF whose pages are their own children", func(int) []byte {
		return withFile("a.pdf", pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2000000000>>"))
	}},
	{"PDF whose outline runs in a circle", func(int) []byte {
		return withFile("a.pdf", pdf("<</Type/Catalog/Pages 2 0 R/Outlines 4 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9e9 9e9]>>", "<</First 5 0 R/Last 5 0 R>>", "<</Title(x)/Next 5 0 R/First 4 0 R>>"))
	}},
	{"PDF whose form draws itself", func(int) []byte {
		return withFile("a.pdf", pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources 5 0 R>>", "<</Length 15>>stream\n/X Do /X Do /X Do\nendstream", "<</XObject<</X 6 0 R>>>>", "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources 5 0 R/Length 15>>stream\n/X Do /X Do\nendstream"))
	}},
	{"PDF with a packed page", func(n int) []byte {
		return withFile("a.pdf", pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>", "<</Filter/FlateDecode>>stream\n"+string(zlibOf(strings.Repeat("BT (x) Tj ET ", n*5000)))+"\nendstream"))
	}},
	{"PDF of brackets", func(n int) []byte { return withFile("a.pdf", pdf(strings.Repeat("[", n*5000))) }},
	{"HTML whose elements never close", func(n int) []byte {
		return []byte("Content-Type: text/html\n\n" + strings.Repeat("<div><b title=x>", n*2500))
	}},
	{"HTML of entities", func(n int) []byte {
		return []byte("Content-Type: text/html\n\n" + strings.Repeat("&NotEqualTilde;", n*5000))
	}},
	{"parts within parts", func(n int) []byte {
		var b strings.Builder
		for i := range n * 50 {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		}
		return []byte(b.String())
	}},
	{"very many parts", func(n int) []byte {
		return []byte("Content-Type: multipart/mixed; boundary=x\n\n" + strings.Repeat("--x\n\na\n", n*1250))
	}},
	{"lines that are nearly boundaries", func(n int) []byte {
		return []byte("Content-Type: multipart/mixed; boundary=" + strings.Repeat("x", 70) + "\n\n" + strings.Repeat("--"+strings.Repeat("x", 69)+"\n", n*1250))
	}},
	{"messages within messages", func(n int) []byte { return []byte(strings.Repeat("Content-Type: message/rfc822\n\n", n*250)) }},
	{"a header without end", func(n int) []byte { return []byte("Subject: " + strings.Repeat(" x\n ", n*5000)) }},
	{"very many fields", func(n int) []byte { return []byte(strings.Repeat("X: y\n", n*5000)) }},
	{"encoded words without end", func(n int) []byte {
		return []byte("Subject: " + strings.Repeat("=?utf-8?q?=C5?= =?utf-8?b?mQ==?=\n ", n*1250))
	}},
	{"addresses of comments", func(n int) []byte {
		return []byte("To: " + strings.Repeat("(", n*5000) + strings.Repeat("a@b,<", n*1250))
	}},
	{"parameters in pieces", func(n int) []byte {
		var b strings.Builder
		for i := range n * 250 {
			fmt.Fprintf(&b, ";\n name*%d*=%%c5%%99", i)
		}
		return []byte("Content-Type: text/plain" + b.String() + "\n\na")
	}},
	{"files in a text", func(n int) []byte {
		return []byte("Content-Type: text/plain\n\n" + strings.Repeat("begin 644 a\n", n*2500))
	}},
	{"a folder of empty mails", func(n int) []byte {
		return withFile("a.mbox", []byte(strings.Repeat("From a@b Mon Jan  1 00:00:00 2024\n\n", n*500)))
	}},
	{"a calendar of folds", func(n int) []byte {
		return withFile("a.ics", []byte("BEGIN:VCALENDAR\n"+strings.Repeat(" \n", n*12500)))
	}},
	{"a card of soft breaks", func(n int) []byte {
		return withFile("a.vcf", []byte("BEGIN:VCARD\nN;QUOTED-PRINTABLE:"+strings.Repeat("=\n", n*12500)))
	}},
	{"a body of equals signs", func(n int) []byte {
		return []byte("Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=", n*25000))
	}},
	{"quotes of quotes", func(n int) []byte {
		return []byte("Content-Type: text/plain; format=flowed\n\n" + strings.Repeat(strings.Repeat(">", 500)+" \n", n*50))
	}},
	{"shifts of a character set", func(n int) []byte {
		return []byte("Content-Type: text/plain; charset=iso-2022-jp\n\n" + strings.Repeat("\x1b$B\x1b(B", n*5000))
	}},
}

const (
	tnefHead = "\x78\x9f\x3e\x22\x01\x00"
	cmsHead  = "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
)

var biffHead = []byte{9, 8, 8, 0, 0, 6, 5, 0, 0, 0, 0, 0}

func withFile(name string, data []byte) []byte { f := attached(name, data); return f.message(data) }

func zeros(n int) string  { return string(make([]byte, n)) }
func spaces(n int) string { return strings.Repeat(" ", n) }

func nest(times int, wrap func([]byte) []byte) []byte {
	data := []byte("the last")
	for range times {
		data = wrap(data)
	}
	return data
}

// must: writing to memory does not fail, and a bomb that can't be made is none.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// zipOf holds one content under each name.
func zipOf[T string | []byte](content T, names ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		must(err)
		_, err = w.Write([]byte(content))
		must(err)
	}
	must(z.Close())
	return b.Bytes()
}

func zipOfAll(contents [][]byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, content := range contents {
		w, err := z.Create(fmt.Sprintf("%d.zip", i))
		must(err)
		_, err = w.Write(content)
		must(err)
	}
	must(z.Close())
	return b.Bytes()
}

// overlapping names one packed file over and over in the directory at its end.
func overlapping(times int) []byte {
	whole := zipOf(zeros(4<<20), "a.txt")
	start := bytes.Index(whole, []byte("PK\x01\x02"))
	end := bytes.Index(whole, []byte("PK\x05\x06"))
	directory := bytes.Repeat(whole[start:end], times)
	tail := bytes.Clone(whole[end:])
	binary.LittleEndian.PutUint16(tail[8:], uint16(times))
	binary.LittleEndian.PutUint16(tail[10:], uint16(times))
	binary.LittleEndian.PutUint32(tail[12:], uint32(len(directory)))
	return slices.Concat(whole[:start], directory, tail)
}

func packedBy(w io.WriteCloser, out *bytes.Buffer, content []byte) []byte {
	_, err := w.Write(content)
	must(err)
	must(w.Close())
	return out.Bytes()
}

func gzipOf[T string | []byte](content T) []byte {
	var b bytes.Buffer
	return packedBy(gzip.NewWriter(&b), &b, []byte(content))
}

func zlibOf(content string) []byte {
	var b bytes.Buffer
	return packedBy(zlib.NewWriter(&b), &b, []byte(content))
}

func xzOf(content string) []byte {
	var b bytes.Buffer
	w, err := xz.WriterConfig{DictCap: 1 << 16}.NewWriter(&b)
	must(err)
	return packedBy(w, &b, []byte(content))
}

func hugeTar() []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	must(w.WriteHeader(&tar.Header{Name: "a", Size: 1 << 50, Format: tar.FormatPAX}))
	return append(b.Bytes(), make([]byte, 2048)...)
}

func laughs() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">`)
	for i := range 30 {
		fmt.Fprintf(&b, `<!ENTITY a%d "&a%d;&a%d;">`, i+1, i, i)
	}
	return b.String() + "]><a>&a30;</a>"
}

func longCells(n int) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string]string{
		"xl/sharedStrings.xml":     "<sst><si><t>" + strings.Repeat("x", 100000) + "</t></si></sst>",
		"xl/worksheets/sheet1.xml": "<worksheet><row>" + strings.Repeat(`<c t="s"><v>0</v></c>`, n*500) + "</row></worksheet>",
	} {
		w, err := z.Create(name)
		must(err)
		_, err = w.Write([]byte(content))
		must(err)
	}
	must(z.Close())
	return b.Bytes()
}

// circularOLE is a compound file (MS-CFB) whose allocation table makes every
// sector its own successor.
func circularOLE() []byte {
	b := make([]byte, 512*4)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	copy(b[24:], "\x3e\x00\x03\x00\xfe\xff\x09\x00\x06\x00")
	binary.LittleEndian.PutUint32(b[44:], 1)     // sectors of the table
	binary.LittleEndian.PutUint32(b[48:], 1)     // the directory's first
	binary.LittleEndian.PutUint32(b[56:], 4096)  // size from which a stream has sectors of its own
	binary.LittleEndian.PutUint32(b[60:], 1<<31) // no small streams
	for i := 76; i < 512; i += 4 {
		binary.LittleEndian.PutUint32(b[i:], 0xffffffff)
	}
	binary.LittleEndian.PutUint32(b[76:], 0)
	for i := range uint32(128) {
		binary.LittleEndian.PutUint32(b[512+4*i:], i)
	}
	entry := b[1024:]
	copy(entry, "R\x00o\x00o\x00t\x00")
	entry[64], entry[66] = 10, 5
	binary.LittleEndian.PutUint32(entry[76:], 1)
	stream := entry[128:]
	copy(stream, "W\x00o\x00r\x00d\x00")
	stream[64], stream[66] = 10, 2
	binary.LittleEndian.PutUint32(stream[68:], 0xffffffff)
	binary.LittleEndian.PutUint32(stream[72:], 0xffffffff)
	binary.LittleEndian.PutUint32(stream[116:], 2)
	binary.LittleEndian.PutUint32(stream[120:], 1<<31-1)
	return b
}

// tnefProperty is a message with one property of MAPI, tnefWith one with a message
// as attachment.
func tnefProperty(kind, id uint16, value []byte) []byte {
	list := binary.LittleEndian.AppendUint32(nil, 1)
	list = binary.LittleEndian.AppendUint16(list, kind)
	list = binary.LittleEndian.AppendUint16(list, id)
	list = binary.LittleEndian.AppendUint32(list, 1)
	list = binary.LittleEndian.AppendUint32(list, uint32(len(value)))
	list = slices.Concat(list, value, make([]byte, -len(value)&3))
	head := binary.LittleEndian.AppendUint32([]byte(tnefHead+"\x02\x05\x90\x06\x00"), uint32(len(list)))
	return slices.Concat(head, list, []byte{0, 0})
}

func tnefWith(inner []byte) []byte {
	return tnefProperty(0x0d, 0x3701, append(make([]byte, 16), inner...))
}

func pngBomb(n int) []byte {
	chunk := append([]byte("zTXtkey\x00\x00"), zlibOf(zeros(n<<20))...)
	b := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), uint32(len(chunk)-4))
	return binary.BigEndian.AppendUint32(append(b, chunk...), crc32.ChecksumIEEE(chunk))
}

// pdf has these objects, numbered from 1, the first being its catalogue.
func pdf(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

// base64 in lines, as mail has it.
func lines64(data []byte) string {
	var b strings.Builder
	for s := base64.StdEncoding.EncodeToString(data); s != ""; {
		n := min(76, len(s))
		b.WriteString(s[:n] + "\n")
		s = s[n:]
	}
	return b.String()
}
