package attach

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// readRTF reads Rich Text Format 1.9: the text of every destination that holds
// words (headers, notes, comments, field codes with their links, properties),
// each font's letters by its own code page.
func readRTF(r *reading, data []byte) {
	p := rtfParser{r: r, data: data, fonts: map[int]int{}, page: 1252}
	p.group = rtfGroup{font: -1, skipAfter: 1}
	p.run()
	p.flush()
	p.line()
	r.text(p.out.String())
	for _, o := range p.objects {
		r.rtfObject(o)
	}
}

// rtfGroup is what a "{" saves and its "}" restores.
type rtfGroup struct {
	font      int  // -1: none, the document's code page holds
	skipAfter int  // \uc: how many characters stand for one \u
	silent    bool // a destination without words
	star      bool // after \*: an unknown word makes the group silent
	spoken    bool // a destination with words of its own
	fontTable bool
	object    bool // its letters are a file in hexadecimal
}

type rtfParser struct {
	r       *reading
	data    []byte
	at      int
	group   rtfGroup
	stack   []rtfGroup
	fonts   map[int]int // code page by font
	page    int         // of the document
	skip    int         // characters to pass over after \u
	bytes   []byte      // in the code page, not decoded yet
	units   []uint16    // a surrogate that waits for its half
	out     strings.Builder
	aside   strings.Builder // words of destinations, which stand behind the line
	objects []rtfObject
}

func (p *rtfParser) run() {
	for p.at < len(p.data) && p.out.Len()+p.aside.Len() < p.r.textLeft {
		c := p.data[p.at]
		p.at++
		switch c {
		case '{':
			p.flush()
			p.stack = append(p.stack, p.group)
			p.skip = 0
		case '}':
			p.flush()
			p.skip = 0
			p.leave()
		case '\\':
			p.control()
		case '\r', '\n', 0:
		default:
			p.letter(c)
		}
	}
	if len(p.stack) > 0 && p.at >= len(p.data) {
		p.r.unreadable(Damaged)
	}
}

// leave restores what held before the group; a destination's words end with it.
func (p *rtfParser) leave() {
	n := len(p.stack)
	if n == 0 {
		return
	}
	if outer := p.stack[n-1]; p.group.spoken && !outer.spoken {
		p.add("\n")
	}
	p.group, p.stack = p.stack[n-1], p.stack[:n-1]
}

// line puts what stands aside behind the line, so that a comment or a field within a
// word does not divide it.
func (p *rtfParser) line() {
	if p.aside.Len() > 0 {
		p.out.WriteString("\n" + p.aside.String())
		p.aside.Reset()
	}
}

func (p *rtfParser) letter(c byte) {
	switch {
	case p.skip > 0:
		p.skip--
	case p.group.object:
		o := &p.objects[len(p.objects)-1]
		o.hex = append(o.hex, c)
	case !p.group.silent:
		p.bytes = append(p.bytes, c)
	}
}

// control reads what follows a backslash.
func (p *rtfParser) control() {
	if p.at >= len(p.data) {
		return
	}
	c := p.data[p.at]
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		p.word(p.readWord())
		return
	}
	p.at++
	switch c {
	case '\'':
		if p.at+2 <= len(p.data) {
			if v, err := strconv.ParseUint(string(p.data[p.at:p.at+2]), 16, 8); err == nil {
				p.at += 2
				p.letter(byte(v))
			}
		}
	case '*':
		p.group.star = true
	case '~':
		p.add(" ")
	case '_':
		p.add("-")
	case '\r', '\n':
		p.add("\n")
	case '\\', '{', '}':
		p.letter(c)
	}
}

func (p *rtfParser) readWord() (name string, n int, given bool) {
	start := p.at
	for p.at < len(p.data) && (p.data[p.at]|0x20) >= 'a' && (p.data[p.at]|0x20) <= 'z' {
		p.at++
	}
	name = string(p.data[start:p.at])
	start = p.at
	if p.at < len(p.data) && p.data[p.at] == '-' {
		p.at++
	}
	for p.at < len(p.data) && p.data[p.at] >= '0' && p.data[p.at] <= '9' {
		p.at++
	}
	n, err := strconv.Atoi(string(p.data[start:p.at]))
	if p.at < len(p.data) && p.data[p.at] == ' ' {
		p.at++
	}
	return name, n, err == nil
}

func (p *rtfParser) word(name string, n int, given bool) {
	switch name {
	case "u":
		p.unicode(uint16(n))
	case "bin":
		n = min(max(n, 0), len(p.data)-p.at)
		if p.group.object {
			o := &p.objects[len(p.objects)-1]
			o.data = append(o.data, p.data[p.at:p.at+n]...)
		}
		p.at += n
	case "par", "line", "cell", "row", "sect", "page", "tab", "nestcell", "nestrow", "column":
		if p.add("\n"); !p.group.spoken {
			p.line()
		}
	case "emdash", "endash":
		p.add("–")
	case "lquote", "rquote":
		p.add("'")
	case "ldblquote", "rdblquote":
		p.add(`"`)
	case "uc":
		p.group.skipAfter = max(n, 0)
	case "ansicpg":
		p.page = n
	case "mac":
		p.page = 10000
	case "pc":
		p.page = 437
	case "f":
		p.flush()
		p.group.font = n
	case "plain":
		p.flush()
		p.group.font = -1
	case "fcharset":
		if p.group.fontTable {
			p.fonts[p.group.font] = rtfCharsets[n]
		}
	case "fonttbl":
		p.group.fontTable, p.group.silent = true, true
	default:
		p.destination(name)
	}
	p.group.star = false
}

// destination silences groups that hold data or names of fonts and styles, and
// unknown ones that say that they may be passed over.
func (p *rtfParser) destination(name string) {
	if name == "objdata" || name == "pict" {
		p.flush()
		p.group.silent, p.group.object = true, true
		p.objects = append(p.objects, rtfObject{picture: name == "pict"})
		return
	}
	if rtfSilent[name] || p.group.star && !rtfSpoken[name] && name != "ud" {
		p.flush()
		p.group.silent = true
		return
	}
	if rtfSpoken[name] {
		p.flush()
		p.group.spoken = true
		p.add("\n")
	}
}

func (p *rtfParser) unicode(unit uint16) {
	if p.group.silent {
		return
	}
	p.decodeBytes()
	p.units = append(p.units, unit)
	if unit < 0xd800 || unit > 0xdbff || len(p.units) > 1 {
		p.flushUnits()
	}
	p.skip = p.group.skipAfter
}

func (p *rtfParser) add(s string) {
	if p.flush(); !p.group.silent {
		p.to().WriteString(s)
	}
}

// to is where the words of the group go.
func (p *rtfParser) to() *strings.Builder {
	if p.group.spoken {
		return &p.aside
	}
	return &p.out
}

func (p *rtfParser) flush() {
	p.flushUnits()
	p.decodeBytes()
}

func (p *rtfParser) flushUnits() {
	if len(p.units) > 0 {
		p.to().WriteString(string(utf16.Decode(p.units)))
		p.units = p.units[:0]
	}
}

func (p *rtfParser) decodeBytes() {
	if len(p.bytes) == 0 {
		return
	}
	p.flushUnits()
	page := p.fonts[p.group.font]
	if page == 0 {
		page = p.page
	}
	p.to().WriteString(decodePage(page, p.bytes))
	p.bytes = p.bytes[:0]
}

// rtfCharsets gives the code page of a font's character set.
var rtfCharsets = map[int]int{0: 1252, 77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850}

var rtfSilent = map[string]bool{"colortbl": true, "stylesheet": true, "themedata": true, "colorschememapping": true, "datastore": true, "latentstyles": true, "listtable": true, "listoverridetable": true, "rsidtbl": true, "generator": true, "xmlnstbl": true, "blipuid": true, "fontemb": true, "filetbl": true, "panose": true, "falt": true}

// rtfSpoken destinations hold words that are no part of the text around them; most
// begin with \*. What a field shows, and the other spelling of a text in Unicode, are.
var rtfSpoken = map[string]bool{"annotation": true, "atnauthor": true, "atnid": true, "fldinst": true, "shptxt": true, "shpinst": true, "sn": true, "sv": true, "bkmkstart": true, "company": true, "manager": true, "hlinkbase": true, "userprops": true, "propname": true, "staticval": true, "author": true, "title": true, "subject": true, "operator": true, "keywords": true, "doccomm": true, "category": true, "comment": true, "footnote": true, "header": true, "footer": true, "formfield": true, "ffname": true, "ffdeftext": true, "ffl": true, "ffhelptext": true, "ffstattext": true, "htmltag": true, "mailmerge": true, "revtbl": true, "docvar": true, "protusertbl": true, "xmlattrname": true, "xmlattrvalue": true, "headerl": true, "headerr": true, "headerf": true, "footerl": true, "footerr": true, "footerf": true, "objname": true, "atrfstart": true, "background": true}

// codePage is the encoding of a Windows, DOS or Mac code page; 1252 for one that
// is not known.
func codePage(n int) encoding.Encoding {
	if e := codePages[n]; e != nil {
		return e
	}
	return charmap.Windows1252
}

// decodePage reads bytes in a code page of Windows.
func decodePage(page int, b []byte) string {
	text, err := codePage(page).NewDecoder().Bytes(b)
	if err != nil {
		return string(b)
	}
	return string(text)
}

var codePages = map[int]encoding.Encoding{
	437: charmap.CodePage437, 850: charmap.CodePage850, 852: charmap.CodePage852, 866: charmap.CodePage866, 874: charmap.Windows874,
	932: japanese.ShiftJIS, 936: simplifiedchinese.GBK, 949: korean.EUCKR, 950: traditionalchinese.Big5, 10000: charmap.Macintosh, 10007: charmap.MacintoshCyrillic,
	1250: charmap.Windows1250, 1251: charmap.Windows1251, 1252: charmap.Windows1252, 1253: charmap.Windows1253, 1254: charmap.Windows1254,
	1255: charmap.Windows1255, 1256: charmap.Windows1256, 1257: charmap.Windows1257, 1258: charmap.Windows1258, 65001: encoding.Nop,
}
