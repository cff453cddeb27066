package mail

import (
	"mime"
	"sort"
	"strings"
)

// fileNames masks the parameters of Content-Type and Content-Disposition, where
// names stand decoded nowhere else.
func (r *redaction) fileNames(p *Part) fields {
	set := fields{}
	for _, field := range []string{"Content-Type", "Content-Disposition"} {
		raw := rawValue(p.Fields, field)
		if raw == "" {
			continue
		}
		head, params := mediaType(raw, headerHint(p))
		changed := false
		for _, k := range sortedKeys(params) {
			v := params[k]
			if k == "boundary" || k == "charset" || strings.TrimSpace(v) == "" {
				continue
			}
			if masked := r.mask(FileName, p.Path, "", v); masked != v {
				params[k], changed = masked, true
			}
		}
		if changed {
			set[strings.ToLower(field)] = formatType(head, params)
		}
	}
	return set
}

func (r *redaction) fileName(p *Part) string {
	if p.Filename == "" {
		return ""
	}
	return baseName(r.mask(FileName, p.Path, "", p.Filename))
}

// formatType writes a type and its parameters; what can't be written is left out.
func formatType(head string, params map[string]string) string {
	for k, v := range params {
		params[k] = strings.Map(noControl, v)
		if mime.FormatMediaType("a/b", map[string]string{k: params[k]}) == "" {
			delete(params, k)
		}
	}
	if s := mime.FormatMediaType(head, params); s != "" {
		return s
	}
	return head
}

// header writes p's header with masked and set fields.
func (r *redaction) header(p *Part, path string, set fields) []byte {
	var out []byte
	end := p.head.start
	// Undeclared bytes were read by the charset of the body: if that changes,
	// they have to be declared.
	_, typed := set["content-type"]
	for _, f := range p.Fields {
		end = f.end
		out = append(out, r.field(p, path, f, set, typed && !isASCII(f.Raw))...)
	}
	added := make([]string, 0, len(set))
	for name, value := range set {
		if value != "" {
			added = append(added, fold(canonicalName(name), value, r.nl))
		}
	}
	sort.Strings(added)
	for _, line := range added {
		out = append(out, line...)
	}
	tail := p.buf[end:p.head.end]
	if len(tail) == 0 && len(added) > 0 {
		tail = []byte(r.nl)
	}
	return append(out, tail...)
}

func canonicalName(lower string) string {
	words := strings.Split(lower, "-")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "-")
}

// field returns one field's bytes; a field that was set leaves set. declare:
// encode it even if it has nothing to mask.
func (r *redaction) field(p *Part, path string, f Field, set fields, declare bool) []byte {
	name := strings.ToLower(f.Name)
	if value, ok := set[name]; ok {
		set[name] = ""
		if value == "" {
			return nil
		}
		return []byte(fold(f.Name, value, r.nl))
	}
	original := p.buf[f.start:f.end]
	if strings.TrimSpace(f.Value) == "" || structural(f.Name, f.Value) {
		return original
	}
	shown := f.Name
	if shown == "" {
		shown = "-"
	}
	masked := r.fieldValue(p, path, shown, f.Value)
	if masked == f.Value && (!declare || f.Name == "") {
		return original
	}
	masked = strings.TrimSpace(strings.Map(noControl, masked))
	switch {
	case f.Name == "" || f.Name == mboxLine:
		if f.Name == "" && fieldName([]byte(masked)) != "" || masked == "" {
			masked = "- " + masked
		}
		return []byte(masked + r.nl)
	}
	return []byte(fold(f.Name, encodeValue(masked), r.nl))
}

// fieldValue masks what a field says in one form or another.
func (r *redaction) fieldValue(p *Part, path, name, value string) string {
	masked := r.mask(Header, path, name, r.withoutEmbedded(p, value))
	if other := otherForm(masked); other != "" {
		if plain := r.mask(Header, path, name, other); plain != other {
			return plain
		}
	}
	return masked
}

// encodeValue encodes what is beyond ASCII, word group by word group, so that
// the structure of an address list stays.
func encodeValue(s string) string {
	if isASCII(s) && !strings.Contains(s, "=?") {
		return s
	}
	var b strings.Builder
	for s != "" {
		n := strings.IndexAny(s, `<>,;:"()@`)
		if n < 0 {
			n = len(s)
		}
		b.WriteString(encodeGroup(s[:n]))
		if n < len(s) {
			b.WriteByte(s[n])
			n++
		}
		s = s[n:]
	}
	return b.String()
}

func encodeGroup(s string) string {
	word := strings.TrimSpace(s)
	if word == "" || isASCII(word) && !strings.Contains(word, "=?") {
		return s
	}
	i := strings.Index(s, word)
	encoded := mime.QEncoding.Encode("utf-8", word)
	if isASCII(word) { // Encode leaves ASCII alone, also "=?"
		encoded = "=?utf-8?q?" + strings.NewReplacer("=", "=3D", "?", "=3F", "_", "=5F", " ", "_").Replace(word) + "?="
	}
	return s[:i] + encoded + s[i+len(word):]
}

// fold writes a field in lines of at most 78 characters where spaces allow.
func fold(name, value, nl string) string {
	var b strings.Builder
	b.WriteString(name + ":")
	width := len(name) + 1
	for i, word := range strings.Split(value, " ") {
		if width+1+len(word) > 78 && i > 0 && word != "" {
			b.WriteString(nl)
			width = 0
		}
		b.WriteString(" " + word)
		width += 1 + len(word)
	}
	return b.String() + nl
}
