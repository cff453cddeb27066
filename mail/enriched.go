package mail

import "strings"

// text/enriched (RFC 1896) and its forerunner text/richtext (RFC 1341 §7.1.3): text
// with commands in angle brackets, as mail programs of the nineties write it.

func (p *Part) isEnriched() bool { return p.Type == "text/enriched" || p.Type == "text/richtext" }

// enrichedText is what a person sees of such a text: commands are off, and so is what
// stands in parameters and comments.
func (p *Part) enrichedText(source string) string {
	w := enriched{rich: p.Type == "text/richtext"}
	for source != "" {
		n := strings.IndexAny(source, "<\n")
		if n < 0 {
			n = len(source)
		}
		w.write(source[:n])
		if source = source[n:]; source == "" {
			break
		}
		if source[0] == '\n' {
			source = w.lines(source)
		} else {
			source = w.command(source)
		}
	}
	return strings.TrimSpace(w.out.String())
}

// enriched writes what is seen; silent counts the parameters and comments that are open.
type enriched struct {
	rich           bool
	out            strings.Builder
	silent, nofill int
}

func (w *enriched) write(s string) {
	if w.silent == 0 {
		w.out.WriteString(s)
	}
}

// lines: one line break is a space, more are one less, RFC 1896 §2; in richtext all
// are a space.
func (w *enriched) lines(source string) (rest string) {
	rest = strings.TrimLeft(source, "\n")
	switch n := len(source) - len(rest); {
	case w.nofill > 0:
		w.write(source[:n])
	case n == 1 || w.rich:
		w.write(" ")
	default:
		w.write(source[1:n])
	}
	return rest
}

func (w *enriched) command(source string) (rest string) {
	if !w.rich && strings.HasPrefix(source, "<<") {
		w.write("<")
		return source[2:]
	}
	name, rest, ok := strings.Cut(source[1:], ">")
	if !ok || len(name) > 60 { // RFC 1896 §2: no longer than that
		w.write("<")
		return source[1:]
	}
	step := 1
	name, closes := strings.CutPrefix(strings.ToLower(name), "/")
	if closes {
		step = -1
	}
	switch name {
	case "param", "comment":
		w.silent = max(0, w.silent+step)
	case "nofill":
		w.nofill = max(0, w.nofill+step)
	case "lt":
		w.write("<")
	case "nl", "np", "paragraph":
		w.write("\n")
	}
	return rest
}

// enriched writes a plain text in this part's form.
func (p *Part) enriched(plain string) string {
	if p.Type == "text/richtext" {
		return strings.NewReplacer("<", "<lt>", "\n", "<nl>").Replace(plain) + "\n"
	}
	return "<nofill>" + strings.ReplaceAll(plain, "<", "<<") + "</nofill>\n"
}
