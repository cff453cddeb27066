package attach

import "strings"

// uuFiles returns the files that stand in a text as senders of old put them there,
// in order: "begin 644 name", lines, "end"; a damaged line ends one.
func uuFiles(text string) (files []Embedded) {
	for at := 0; ; {
		i := nextBegin(text, at)
		if i < 0 {
			return files
		}
		line, rest, _ := strings.Cut(text[i:], "\n")
		at = len(text) - len(rest)
		mode, name, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "begin "), " ")
		if !ok || len(mode) < 3 || strings.Trim(mode, "01234567") != "" {
			continue
		}
		if data, after := uuLines(rest); len(data) > 0 {
			after = strings.TrimPrefix(strings.TrimPrefix(after, "end\r\n"), "end\n")
			at = len(text) - len(after)
			files = append(files, Embedded{Name: strings.TrimSpace(name), Data: data, from: i, to: at})
		}
	}
}

// nextBegin is where the next line with "begin " starts, from the line at; -1: none.
func nextBegin(text string, at int) int {
	if strings.HasPrefix(text[at:], "begin ") {
		return at
	}
	if i := strings.Index(text[at:], "\nbegin "); i >= 0 {
		return at + i + 1
	}
	return -1
}

// uuLines decodes lines until "end" or one that is none.
func uuLines(text string) (data []byte, rest string) {
	for {
		line, after, more := strings.Cut(text, "\n")
		decoded, ok := uuLine(strings.TrimRight(line, "\r"))
		if !ok {
			return data, text
		}
		data, text = append(data, decoded...), after
		if len(decoded) == 0 || !more {
			return data, text
		}
	}
}

func uuLine(line string) ([]byte, bool) {
	if line == "" || line[0] < ' ' || line[0] > '`' {
		return nil, false
	}
	n := int(line[0]-' ') & 63
	body := line[1:]
	if len(body) > (n+2)/3*4+2 {
		return nil, false
	}
	body += strings.Repeat(" ", max(0, (n+2)/3*4-len(body))) // trailing spaces get lost
	out := make([]byte, 0, n+2)
	for i := 0; i+4 <= len(body) && len(out) < n; i += 4 {
		var v uint32
		for _, c := range []byte(body[i : i+4]) {
			if c < ' ' || c > '`' {
				return nil, false
			}
			v = v<<6 | uint32(c-' ')&63
		}
		out = append(out, byte(v>>16), byte(v>>8), byte(v))
	}
	return out[:min(n, len(out))], true
}
