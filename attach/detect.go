package attach

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// magics are the first bytes of formats.
var magics = []struct {
	bytes, format string
}{
	{"%PDF-", "pdf"}, {`{\rtf`, "rtf"}, {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"}, {"\x78\x9f\x3e\x22", "tnef"},
	{"7z\xbc\xaf\x27\x1c", "7z"}, {"Rar!\x1a\x07", "rar"}, {"\x1f\x8b", "gz"}, {"BZh", "bz2"}, {"\xfd7zXZ\x00", "xz"},
	{"\x89PNG\r\n", "image"}, {"\xff\xd8\xff", "image"}, {"GIF87a", "image"}, {"GIF89a", "image"}, {"II*\x00", "image"}, {"MM\x00*", "image"},
	{"BM", "bmp"}, {"RIFF", "riff"}, {"ID3", "audio"}, {"OggS", "audio"}, {"fLaC", "audio"}, {"\x1aE\xdf\xa3", "video"}, {"\x7fELF", "program"}, {"MZ", "program"},
	{"-----BEGIN PGP MESSAGE", "encrypted"},
}

// Detect names the format of a file: by its content first, then by name, then by
// declared type; "" if nothing tells. ASCII formats that are text on the outside
// only (PDF, RTF) have their own names.
func Detect(name, mediaType string, data []byte) string {
	if f := byContent(data); f != "" {
		return f
	}
	claimed := byName(name)
	if claimed == "" {
		claimed = byType(mediaType)
	}
	switch {
	case slices.Contains([]string{"audio", "video", "encrypted", "signature"}, claimed):
		return claimed
	case Binary(data):
		if _, isText := textual[claimed]; isText {
			return ""
		}
		return claimed
	case claimed != "" && claimed != "ole" && !textual[claimed] && !utf8.Valid(data): // many programs name a table of text .xls
		return claimed
	case claimed == "html" || claimed == "xml" || claimed == "message" || claimed == "mbox":
		return claimed
	}
	return textFormat(data)
}

func byContent(data []byte) string {
	for _, m := range magics {
		if !bytes.HasPrefix(data, []byte(m.bytes)) {
			continue
		}
		switch m.format {
		case "riff":
			return map[string]string{"WEBP": "image", "WAVE": "audio", "AVI ": "video"}[string(data[min(8, len(data)):min(12, len(data))])]
		case "bmp", "program":
			if !Binary(data) {
				return ""
			}
			if m.format == "bmp" {
				return "image"
			}
		}
		return m.format
	}
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return zipFormat(data)
	case len(data) > 12 && string(data[4:8]) == "ftyp":
		if bytes.Contains([]byte("heic heix mif1 msf1 avif"), data[8:12]) {
			return "image"
		}
		return "video"
	case len(data) > 262 && string(data[257:262]) == "ustar":
		return "tar"
	case isBIFF(data):
		return "biff"
	case isCMS(data):
		return "cms"
	}
	if i := bytes.Index(data[:min(len(data), 1024)], []byte("%PDF-")); i >= 0 { // junk before it is allowed, ISO 32000 Annex H
		return "pdf"
	}
	return ""
}

// isBIFF: the first record of a workbook without a compound file around it.
func isBIFF(data []byte) bool {
	return len(data) > 8 && data[0] == 9 && (data[1] == 0 || data[1] == 2 || data[1] == 4 || data[1] == 8) && data[2] >= 4 && data[2] <= 16 && data[3] == 0
}

// zipFormat tells office documents from other archives.
func zipFormat(data []byte) string {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "zip"
	}
	for _, f := range z.File[:min(len(z.File), maxFiles)] {
		top, _, _ := strings.Cut(f.Name, "/")
		switch {
		case f.Name == "mimetype":
			return mimetypeFormat(f)
		case top == "word":
			return "docx"
		case top == "xl":
			return "xlsx"
		case top == "ppt":
			return "pptx"
		case path.Ext(f.Name) == ".fdseq":
			return "xps"
		}
	}
	return "zip"
}

func mimetypeFormat(f *zip.File) string {
	r, err := f.Open()
	if err != nil {
		return "zip"
	}
	defer r.Close()
	kind, _ := io.ReadAll(io.LimitReader(r, 200)) // what could not be read is no kind we know
	if strings.Contains(string(kind), "opendocument") {
		return "odf"
	}
	if strings.Contains(string(kind), "epub") {
		return "epub"
	}
	return "zip"
}

// Binary: control characters that no text has. UTF-16 is text.
func Binary(data []byte) bool {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) || UTF16Mark(data) != "" {
		return false
	}
	head := data[:min(len(data), 4096)]
	bad, high := 0, 0
	for _, c := range head {
		switch {
		case c < 8 || c >= 14 && c < 32 && c != 0x1b:
			bad++
		case c >= 0x80:
			high++
		}
	}
	return bad*100 > len(head) || high*2 > len(head) && bad > 0 && !utf8.Valid(head[:max(0, len(head)-4)])
}

// textFormat tells the texts that have a structure from the others.
func textFormat(data []byte) string {
	head := bytes.TrimLeft(bytes.TrimPrefix(data[:min(len(data), 1024)], []byte("\xef\xbb\xbf")), " \t\r\n")
	low := bytes.ToLower(head)
	switch {
	case bytes.HasPrefix(low, []byte("<!doctype html")), bytes.HasPrefix(low, []byte("<html")):
		return "html"
	case bytes.HasPrefix(low, []byte("mime-version:")): // a page saved with its pictures, whatever its name
		return "message"
	case bytes.HasPrefix(low, []byte("<?xml")):
		if bytes.Contains(low, []byte("<html")) {
			return "html"
		}
		return "xml"
	}
	return "text"
}

// textual formats can't hold binary content.
var textual = map[string]bool{"text": true, "html": true, "xml": true, "message": true, "mbox": true}

var extensions = map[string]string{
	"txt": "text", "log": "text", "md": "text", "csv": "text", "tsv": "text", "json": "text", "ics": "text", "vcf": "text",
	"xml": "xml", "isdoc": "xml", "svg": "xml", "htm": "html", "html": "html", "xhtml": "html", "eml": "message", "mht": "message", "mhtml": "message", "mbox": "mbox", "mbx": "mbox",
	"pdf": "pdf", "rtf": "rtf", "doc": "ole", "xls": "ole", "ppt": "ole", "msg": "ole", "docx": "docx", "docm": "docx", "xlsx": "xlsx", "xlsm": "xlsx", "xlsb": "xlsx", "pptx": "pptx", "pptm": "pptx",
	"odt": "odf", "ods": "odf", "odp": "odf", "zip": "zip", "gz": "gz", "tgz": "gz", "bz2": "bz2", "xz": "xz", "tar": "tar", "7z": "7z", "rar": "rar",
	"png": "image", "jpg": "image", "jpeg": "image", "gif": "image", "webp": "image", "bmp": "image", "tif": "image", "tiff": "image", "heic": "image",
	"mp3": "audio", "wav": "audio", "ogg": "audio", "m4a": "audio", "mp4": "video", "mov": "video", "avi": "video", "mkv": "video", "webm": "video",
	"gpg": "encrypted", "pgp": "encrypted", "p7m": "encrypted", "p7s": "signature", "sig": "signature", "dat": "",
}

func byName(name string) string {
	return extensions[strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))]
}

func byType(t string) string {
	major, minor, _ := strings.Cut(t, "/")
	switch {
	case t == "text/html", t == "application/xhtml+xml":
		return "html"
	case t == "message/rfc822":
		return "message"
	case minor == "xml", strings.HasSuffix(minor, "+xml"):
		return "xml"
	case t == "application/pkcs7-mime", t == "application/x-pkcs7-mime":
		return "encrypted"
	case t == "application/pkcs7-signature", t == "application/x-pkcs7-signature":
		return "signature"
	case major == "image", major == "audio", major == "video":
		return major
	case major == "text", major == "message", minor == "json", strings.HasSuffix(minor, "+json"):
		return "text"
	case strings.Contains(minor, "wordprocessingml"):
		return "docx"
	case strings.Contains(minor, "spreadsheetml"):
		return "xlsx"
	case strings.Contains(minor, "presentationml"):
		return "pptx"
	case strings.Contains(minor, "opendocument"):
		return "odf"
	case strings.HasSuffix(minor, "ms-tnef"):
		return "tnef"
	case minor == "msword", strings.HasPrefix(minor, "vnd.ms-"):
		return "ole"
	}
	for suffix, format := range map[string]string{"pdf": "pdf", "rtf": "rtf", "zip": "zip", "zip-compressed": "zip", "7z-compressed": "7z", "rar": "rar", "rar-compressed": "rar", "gzip": "gz", "x-tar": "tar"} {
		if minor == suffix || minor == "x-"+suffix || minor == "vnd."+suffix {
			return format
		}
	}
	return ""
}
