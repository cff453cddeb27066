package mail

import (
	"net/http"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"postolka/attach"
)

// Attachments returns what a person sees as attachments: parts that are named
// or declared so, everything that is no text, and nested messages as one each.
// Pictures shown within the HTML have a ContentID.
func (m *Message) Attachments() (list []*Part) {
	m.Root.walk(func(p *Part) bool {
		if p.IsAttachment() {
			list = append(list, p)
		}
		return true
	}, false)
	return list
}

// IsAttachment reports whether a person sees the part as an attachment.
func (p *Part) IsAttachment() bool {
	switch {
	case p.Signed:
		return true
	case strings.HasPrefix(p.Type, "multipart/") || len(p.Children) > 0:
		return false
	case p.Disposition == "attachment" || p.Filename != "" || p.Message != nil:
		return true
	}
	return p.Type != "text/plain" && !p.isHTML()
}

// AttachedFile is what a person sees as an attached file.
type AttachedFile struct {
	Path      string // of its part; "2:1" is the first file in Outlook's winmail.dat at "2"
	Name      string // to show; never with a folder in it
	Type      string // media type
	ContentID string // as the part's
	Inline    bool   // not declared to be an attachment
	Data      []byte
}

// Files are the attachments, each followed by the files that came in it if Outlook
// packed them into winmail.dat, which no other program opens.
func (m *Message) Files() (files []AttachedFile) {
	for _, p := range m.Attachments() {
		files = append(files, AttachedFile{p.Path, p.Name(), p.Type, p.ContentID, p.Disposition != "attachment", p.Body})
		for i, f := range attach.OutlookFiles(p.Body) {
			files = append(files, innerFile(p.Path+":"+strconv.Itoa(i+1), f))
		}
	}
	return files
}

func innerFile(path string, f attach.File) AttachedFile {
	kind := "application/octet-stream"
	if format := attach.Detect(f.Name, "", f.Data); format == "image" || format == "pdf" {
		kind, _, _ = strings.Cut(http.DetectContentType(f.Data), ";")
	}
	name := baseName(f.Name)
	if name == "" {
		name = "part-" + strings.ReplaceAll(path, ":", "-") + extension(kind)
	}
	return AttachedFile{Path: path, Name: name, Type: kind, Data: f.Data}
}

// Name is the file name to show for an attachment, made up when none is
// declared. It never has a folder in it.
func (p *Part) Name() string {
	if p.Filename != "" {
		return p.Filename
	}
	if p.Message != nil {
		if s := baseName(strings.NewReplacer("/", "-", `\`, "-", ":", "").Replace(p.Message.Subject)); s != "" {
			return s + ".eml"
		}
		return "message.eml"
	}
	return "part-" + p.Path + extension(p.Type)
}

// extension of the common types, for files without a name.
func extension(mime string) string {
	switch mime {
	case "text/plain", "message/delivery-status", "text/rfc822-headers":
		return ".txt"
	case "text/html":
		return ".html"
	case "text/calendar":
		return ".ics"
	case "image/jpeg":
		return ".jpg"
	case "image/svg+xml":
		return ".svg"
	}
	sub := path.Base(mime)
	if len(sub) <= 4 && mime != "" {
		return "." + sub
	}
	return ".bin"
}

// fileName is baseName of a name that may be quoted twice, or escaped as in a URL: only
// if it then has letters of other than ASCII, "50%20.txt" may be meant.
func fileName(name string) string {
	if n := len(name); n > 2 && name[0] == '\'' && name[n-1] == '\'' {
		name = name[1 : n-1]
	}
	if plain := unpercent(name); isASCII(name) && !isASCII(plain) && utf8.Valid(plain) {
		name = string(plain)
	}
	return baseName(name)
}

// baseName keeps the last element of a file name written with its folders.
func baseName(name string) string {
	name = strings.TrimSpace(strings.Map(noControl, name))
	if i := strings.LastIndexAny(name, `/\`); i >= 0 && i < len(name)-1 {
		name = name[i+1:]
	}
	return name
}
