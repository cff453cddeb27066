package mail

import (
	"bytes"
	"strconv"
	"strings"

	"postolka/attach"
)

// Part is a node of the MIME tree.
type Part struct {
	Path        string            // see the package comment
	Type        string            // lower case type/subtype, "text/plain" if absent
	Params      map[string]string // of Content-Type, names in lower case, values decoded
	Disposition string            // "attachment", "inline", "" or what was written
	Filename    string            // as declared, decoded, without folders; "" if none
	ContentID   string            // without <>
	Charset     string            // of Text as found, not as declared; "" if there is no Text
	Encoding    string            // Content-Transfer-Encoding in lower case, "" if absent

	Fields   []Field // the part's header; of the root part: the message's
	Body     []byte  // transfer-decoded; read only; nil for multiparts
	Text     string  // valid UTF-8 with \n, of text/* and of reports (message/delivery-status…)
	Children []*Part
	Message  *Message // of message/rfc822 and message/global
	Signed   bool     // S/MIME that is signed and not encrypted; what it signs is its only child
	Defects  []string // stable English words: what was wrong and put right

	// Where the part lies in buf, for Redact: header, body, and for multiparts
	// the text before the first and after the last boundary.
	buf                []byte
	head, body         span
	preamble, epilogue span
	rest               []byte // bytes of Body's region outside its encoding

	// Children or Message lie in the region in of inner: buf itself, or the
	// decoded copy when ownBuf.
	inner  []byte
	in     span
	ownBuf bool
}

type span struct{ start, end int }

func (s span) of(buf []byte) []byte { return buf[s.start:s.end] }

// parser carries what one Parse counts.
type parser struct {
	nl         byte
	parts      int
	quarantine string
}

// stop notes the first reason why reading went no further.
func (p *parser) stop(reason string) {
	if p.quarantine == "" {
		p.quarantine = reason
	}
}

func (p *parser) message(buf []byte, start, end int, path string, depth int) *Message {
	root := p.entity(buf, start, end, path, depth, "text/plain", true)
	m := &Message{Fields: root.Fields, Root: root}
	m.readHeader(headerHint(root))
	return m
}

// headerHint is the declared charset of the part, taken for undeclared bytes of
// its header unless it is one that senders write without meaning it.
func headerHint(p *Part) string {
	if c := strings.ToLower(p.Params["charset"]); !meaningless(c) {
		return c
	}
	return ""
}

func (p *parser) entity(buf []byte, start, end int, path string, depth int, fallback string, root bool) *Part {
	p.parts++
	fields, body := p.header(buf, start, end)
	part := &Part{Path: path, Fields: fields, buf: buf, head: span{start, body}, body: span{body, end}}
	part.readHeader(fallback)
	if root && !strings.HasPrefix(part.Type, "multipart/") {
		part.Path = child(path, 1)
	}
	switch {
	case depth >= maxDepth:
		p.stop(QuarantineNesting)
		part.defect("nesting too deep")
		part.leaf()
	case strings.HasPrefix(part.Type, "multipart/"):
		p.multipart(part, depth)
	case p.isMessage(part):
		p.nested(part, depth)
	case !p.signed(part, depth):
		part.leaf()
	}
	return part
}

// signed reads what an S/MIME part signs, RFC 8551 §3.5.2; false: it is no such
// part, or is encrypted.
func (p *parser) signed(part *Part, depth int) bool {
	if !strings.HasSuffix(part.Type, "pkcs7-mime") && !strings.HasSuffix(strings.ToLower(part.Filename), ".p7m") {
		return false
	}
	body, _, _ := decodeTransfer(part.body.of(part.buf), part.Encoding)
	content, ok := attach.SignedContent(body)
	whole := span{0, len(content)}
	if !ok || !p.beginsHeader(content, whole) {
		return false
	}
	part.leaf()
	part.Signed, part.inner, part.in, part.ownBuf = true, content, whole, true
	part.Children = []*Part{p.entity(content, 0, len(content), child(part.Path, 1), depth+1, "text/plain", false)}
	return true
}

func child(path string, n int) string {
	if path == "" {
		return strconv.Itoa(n)
	}
	return path + "." + strconv.Itoa(n)
}

func (p *Part) defect(s string) { p.Defects = append(p.Defects, s) }

// readHeader fills what the MIME fields say.
func (p *Part) readHeader(fallback string) {
	for i := range p.Fields { // enough of Raw for Content-Type; Value needs the hint
		f := &p.Fields[i]
		if len(f.Name) > 8 && strings.EqualFold(f.Name[:8], "Content-") {
			decodeFields(p.buf, p.Fields[i:i+1], "")
		}
	}
	p.Type, p.Params = mediaType(rawValue(p.Fields, "Content-Type"), "")
	p.fixType(fallback)
	decodeFields(p.buf, p.Fields, headerHint(p))
	var disposition map[string]string
	p.Disposition, disposition = mediaType(rawValue(p.Fields, "Content-Disposition"), headerHint(p))
	p.Filename = fileName(firstOf(disposition["filename"], p.Params["name"], disposition["name"], p.Params["filename"]))
	p.Encoding = strings.ToLower(strings.Trim(stripComments(rawValue(p.Fields, "Content-Transfer-Encoding")), " \t;\"'"))
	p.ContentID = strings.Trim(get(p.Fields, "Content-ID"), "<> \t")
}

func (p *Part) fixType(fallback string) {
	switch major, minor, ok := strings.Cut(p.Type, "/"); {
	case p.Type == "":
		p.Type = fallback
	case p.Type == "text":
		p.Type = "text/plain"
	case p.Type == "html":
		p.Type = "text/html"
	case p.Type == "multipart":
		p.Type = "multipart/mixed"
	case !ok || major == "" || minor == "":
		p.Type = "application/octet-stream"
		p.defect("type unreadable")
	}
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// leaf decodes the body of a part that is not divided further.
func (p *Part) leaf() {
	var ok bool
	p.Body, p.rest, ok = decodeTransfer(p.body.of(p.buf), p.Encoding)
	if !ok {
		p.defect("transfer encoding not used")
	}
	if len(p.rest) > 0 {
		p.defect("text outside the transfer encoding")
	}
	if strings.HasPrefix(p.Type, "text/") || strings.HasPrefix(p.Type, "message/") || strings.HasPrefix(p.Type, "multipart/") {
		p.Text, p.Charset = p.decodeText()
	}
}

// decodeText turns Body into UTF-8 by the declared charset, HTML's own
// declaration, or a guess.
func (p *Part) decodeText() (text, charset string) {
	label := strings.ToLower(strings.TrimSpace(p.Params["charset"]))
	if meaningless(label) && p.isHTML() {
		label = firstOf(metaCharset(p.Body), label)
	}
	text, charset = decodeCharset(attach.Unfold(p.Body), label)
	text = lineFeeds(text)
	if p.Type == "text/plain" && strings.EqualFold(p.Params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(p.Params["delsp"], "yes"))
	}
	return text, charset
}

// lineFeeds makes every line break \n.
func lineFeeds(s string) string {
	if !strings.Contains(s, "\r") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// unflow joins the soft-broken lines of format=flowed, RFC 3676 §4: a line that
// ends in a space goes on in the next one of the same quote depth.
func unflow(text string, delsp bool) string {
	lines := strings.Split(text, "\n")
	var b strings.Builder
	for i, line := range lines {
		depth := quoteDepth(line)
		if i > 0 && !(flows(lines[i-1]) && quoteDepth(lines[i-1]) == depth) {
			b.WriteByte('\n')
		} else if i > 0 {
			line = strings.TrimPrefix(line[depth:], " ")
			b.WriteString(trimFlow(line, delsp))
			continue
		}
		if depth == 0 {
			line = strings.TrimPrefix(line, " ") // space-stuffed
		}
		b.WriteString(trimFlow(line, delsp))
	}
	return b.String()
}

func quoteDepth(line string) int { return len(line) - len(strings.TrimLeft(line, ">")) }

func flows(line string) bool {
	return strings.HasSuffix(line, " ") && strings.TrimLeft(line, ">") != "-- " && strings.TrimLeft(line, "> ") != "-- "
}

func trimFlow(line string, delsp bool) string {
	if delsp && flows(line) {
		return line[:len(line)-1]
	}
	return line
}

func (p *Part) isHTML() bool { return p.Type == "text/html" || p.Type == "application/xhtml+xml" }

// isMessage: declared so, or a file named .eml that begins with a header.
func (p *parser) isMessage(part *Part) bool {
	switch part.Type {
	case "message/rfc822", "message/global", "message/news":
		return true
	}
	if !strings.HasSuffix(strings.ToLower(part.Filename), ".eml") {
		return false
	}
	body, _, _ := decodeTransfer(part.body.of(part.buf), part.Encoding)
	return p.beginsHeader(body, span{0, len(body)})
}

// nested reads a message within a message.
func (p *parser) nested(part *Part, depth int) {
	buf, region := part.buf, part.body
	if e := codingOf(part.Encoding); e > noCoding {
		// RFC 2046 §5.2.1 forbids an encoding here; some use it, some only say so.
		if decoded, _, ok := decodeTransfer(region.of(buf), part.Encoding); ok && (e != quotedPrintable || bytes.Contains(region.of(buf), []byte("=3D")) || !p.beginsHeader(buf, region)) {
			buf, region, part.ownBuf = decoded, span{0, len(decoded)}, true
			part.defect("nested message encoded")
		}
	}
	for region.start < region.end && (buf[region.start] == '\n' || buf[region.start] == '\r') {
		region.start++
	}
	part.inner, part.in = buf, region
	part.Body = region.of(buf)
	part.Message = p.message(buf, region.start, region.end, part.Path, depth+1)
}

func (p *parser) beginsHeader(buf []byte, s span) bool {
	fields, _ := p.header(buf, s.start, s.end)
	return countNamed(fields) > 0
}

// multipart divides a part at its boundary lines.
func (p *parser) multipart(part *Part, depth int) {
	part.inner, part.in = part.buf, part.body
	boundary := p.boundary(part)
	if boundary == "" && codingOf(part.Encoding) > noCoding {
		if decoded, _, ok := decodeTransfer(part.body.of(part.buf), part.Encoding); ok {
			part.defect("multipart encoded")
			part.inner, part.in, part.ownBuf = decoded, span{0, len(decoded)}, true
			boundary = p.boundary(part)
		}
	}
	if boundary == "" {
		part.defect("no boundary line")
		part.inner, part.in, part.ownBuf = nil, span{}, false
		part.Type = "text/plain"
		part.leaf()
		if part.Path == "" {
			part.Path = "1"
		}
		return
	}
	fallback := "text/plain"
	if part.Type == "multipart/digest" {
		fallback = "message/rfc822"
	}
	pieces := p.divide(part, []byte(boundary))
	for i, s := range pieces {
		if p.parts >= maxParts {
			p.stop(QuarantineParts)
			part.defect("too many parts")
			part.epilogue = span{s.start, part.epilogue.end}
			if part.epilogue.end < s.start {
				part.epilogue.end = part.in.end
			}
			return
		}
		part.Children = append(part.Children, p.entity(part.inner, s.start, s.end, child(part.Path, i+1), depth+1, fallback, false))
	}
}

// boundary returns the delimiter that really stands in the body: the declared
// one, else the first line that looks like one and has a field below it.
func (p *parser) boundary(part *Part) string {
	body := part.in.of(part.inner)
	declared := strings.TrimRight(part.Params["boundary"], " \t")
	if declared != "" && p.boundaryStands(body, []byte("--"+declared)) {
		return "--" + declared
	}
	for i := 0; i < len(body); {
		next := p.lineEnd(body, i, len(body))
		line := bytes.TrimRight(body[i:next], " \t\r\n")
		if len(line) > 2 && len(line) < 200 && bytes.HasPrefix(line, []byte("--")) && bytes.IndexByte(line, ' ') < 0 {
			if len(body) > next+8 && strings.EqualFold(string(body[next:next+8]), "Content-") {
				part.defect("boundary guessed")
				return string(line)
			}
		}
		i = next
	}
	return ""
}

func (p *parser) boundaryStands(body, delimiter []byte) bool {
	for i := 0; ; {
		n := bytes.Index(body[i:], delimiter)
		if n < 0 {
			return false
		}
		i += n
		if (i == 0 || body[i-1] == p.nl) && delimits(body[i:p.lineEnd(body, i, len(body))], delimiter) > 0 {
			return true
		}
		i += len(delimiter)
	}
}

// delimits says whether the whole line is the delimiter (1), its closing form
// (2), or something else (0): a longer line is another part's, RFC 2046 §5.1.1.
func delimits(line, delimiter []byte) int {
	if !bytes.HasPrefix(line, delimiter) {
		return 0
	}
	switch rest := bytes.TrimRight(line[len(delimiter):], " \t\r\n"); {
	case len(rest) == 0:
		return 1
	case bytes.Equal(rest, []byte("--")):
		return 2
	}
	return 0
}

// divide returns the regions of the children and notes preamble and epilogue.
// The line break before a delimiter belongs to the delimiter. What stands between a
// closing delimiter and another one is still read: some senders close too early.
func (p *parser) divide(part *Part, delimiter []byte) (pieces []span) {
	buf, start, end := part.inner, part.in.start, part.in.end
	open, closed := -1, false // closed: the piece stands behind a closing line
	part.preamble = span{start, start}
	finish := func(at int) {
		at = p.trimBreak(buf, at, max(open, start))
		switch {
		case open < 0:
			part.preamble.end = at
		case !closed || len(bytes.TrimSpace(buf[open:at])) > 0:
			pieces = append(pieces, span{open, at})
		}
	}
	last := start
	for i := start; i < end; {
		n := bytes.Index(buf[i:end], delimiter)
		if n < 0 {
			break
		}
		at := i + n
		next := p.lineEnd(buf, at, end)
		kind := delimits(buf[at:next], delimiter)
		if at > start && buf[at-1] != p.nl || kind == 0 {
			i = at + len(delimiter)
			continue
		}
		finish(at)
		open, closed = next, kind == 2
		i, last = next, next
	}
	if open >= 0 && open < end && !closed {
		part.defect("not closed")
		pieces = append(pieces, span{open, end})
		last = end
	}
	part.epilogue = span{last, end}
	return pieces
}

// trimBreak moves back over the line break before at, not below floor.
func (p *parser) trimBreak(buf []byte, at, floor int) int {
	if at > floor && buf[at-1] == p.nl {
		at--
		if p.nl == '\n' && at > floor && buf[at-1] == '\r' {
			at--
		}
	}
	return at
}

// Walk visits every part from the root in order, into nested messages too; fn
// says whether to go below the part.
func (m *Message) Walk(fn func(*Part) bool) { m.Root.walk(fn, true) }

func (p *Part) walk(fn func(*Part) bool, nested bool) {
	if !fn(p) {
		return
	}
	for _, c := range p.Children {
		c.walk(fn, nested)
	}
	if nested && p.Message != nil {
		p.Message.Root.walk(fn, nested)
	}
}

// HTML returns the body as HTML, Plain as plain text; nil if the message has
// none. Attachments and nested messages don't count.
func (m *Message) HTML() *Part { return m.first((*Part).isHTML) }

// Plain: see HTML.
func (m *Message) Plain() *Part {
	return m.first(func(p *Part) bool { return p.Type == "text/plain" })
}

func (m *Message) first(is func(*Part) bool) (found *Part) {
	m.Root.walk(func(p *Part) bool {
		if found == nil && len(p.Children) == 0 && is(p) && !p.IsAttachment() {
			found = p
		}
		return found == nil
	}, false)
	return found
}
