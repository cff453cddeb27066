package attach

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/bodgit/sevenzip"
	"github.com/nwaples/rardecode/v2"
	"github.com/ulikunitz/xz"
)

// take reads at most a file's share of the budget from in; more is over a limit.
func (r *reading) take(in io.Reader) []byte {
	limit := min(maxFile, r.bytesLeft)
	var buffer bytes.Buffer // it grows twofold: io.ReadAll leaves five times as much garbage
	_, err := buffer.ReadFrom(&timed{r, io.LimitReader(in, int64(limit)+1)})
	data := buffer.Bytes()
	if len(data) > limit {
		data = data[:limit]
		r.unreadable(OverLimit)
	}
	if err != nil && !errors.Is(err, errOver) {
		r.failed(err)
	}
	return data
}

var errOver = errors.New("over a limit")

// timed stops a reader at the deadline: what unpacks slowly ends too.
type timed struct {
	r  *reading
	in io.Reader
}

func (t *timed) Read(p []byte) (int, error) {
	if t.r.over() {
		return 0, errOver
	}
	return t.in.Read(p)
}

// failed names the reason of an archive's error.
func (r *reading) failed(err error) {
	switch s := strings.ToLower(err.Error()); {
	case errors.Is(err, errOver), strings.Contains(s, "dictionary"): // a larger one than we allow
		r.unreadable(OverLimit)
	case strings.Contains(s, "password"), strings.Contains(s, "encrypt"):
		r.unreadable(Encrypted)
	default:
		r.unreadable(Damaged)
	}
}

// eachZip opens an archive and calls fn for its files, within the bounds.
func (r *reading) eachZip(data []byte, fn func(f *zip.File)) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		r.failed(err)
		return
	}
	r.text(r.help.Decode([]byte(z.Comment)))
	for _, f := range z.File {
		if r.over() {
			return
		}
		fn(f)
	}
}

// unzip returns a file's content, nil with a reason if there is none to be had.
func (r *reading) unzip(f *zip.File) []byte {
	if f.Flags&1 != 0 {
		r.unreadable(Encrypted)
		return nil
	}
	in, err := f.Open()
	if err != nil {
		r.failed(err)
		return nil
	}
	defer in.Close()
	return r.take(in)
}

func readZip(r *reading, data []byte) {
	r.eachZip(data, func(f *zip.File) {
		name := f.Name
		if f.NonUTF8 || !utf8.ValidString(name) {
			name = r.help.Decode([]byte(name))
			if dos := decodePage(852, []byte(f.Name)); dos != name { // as Windows writes it, a few letters are too little to guess from
				r.text(dos)
			}
		}
		r.text(r.help.Decode([]byte(f.Comment)))
		if f.FileInfo().IsDir() {
			r.filesLeft--
			r.text(name)
			return
		}
		r.file(name, r.unzip(f))
	})
}

func readGzip(r *reading, data []byte) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		r.failed(err)
		return
	}
	r.text(r.help.Decode([]byte(z.Comment)))
	r.file(z.Name, r.take(z))
}

func readBzip2(r *reading, data []byte) { r.file("", r.take(bzip2.NewReader(bytes.NewReader(data)))) }

func readXz(r *reading, data []byte) {
	z, err := xz.ReaderConfig{DictCap: maxFile}.NewReader(bytes.NewReader(data))
	if err != nil {
		r.failed(err)
		return
	}
	r.file("", r.take(z))
}

func readTar(r *reading, data []byte) {
	t := tar.NewReader(bytes.NewReader(data))
	for !r.over() {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.failed(err)
			return
		}
		r.file(h.Name, r.take(t))
	}
}

// read7z has a child unpack the archive.
func read7z(r *reading, data []byte) {
	result, err := children.ask("7z", data, r.deadline)
	if err != nil {
		r.unreadable(err.Error())
		return
	}
	r.files(result.Files)
	for _, reason := range result.Reasons {
		r.unreadable(reason)
	}
}

// unpack7z unpacks up to maxFile, all files together.
func unpack7z(data []byte) (result childResult) {
	r := &reading{Budget: NewBudget()}
	r.bytesLeft = maxFile
	defer func() {
		if recover() != nil {
			r.unreadable(Damaged)
		}
		result.Reasons = r.reasons
	}()
	z, err := sevenzip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		r.failed7z(err)
		return result
	}
	for _, f := range z.File {
		if r.filesLeft--; r.over() {
			break
		}
		content := r.unpacked(f)
		r.bytesLeft -= len(content)
		result.Files = append(result.Files, childFile{f.Name, content})
	}
	return result
}

// unpacked is nil for a folder, and with a reason for what can't be had.
func (r *reading) unpacked(f *sevenzip.File) []byte {
	if f.FileInfo().IsDir() {
		return nil
	}
	in, err := f.Open()
	if err != nil {
		r.failed7z(err)
		return nil
	}
	defer in.Close()
	return r.take(in)
}

func (r *reading) failed7z(err error) {
	var e *sevenzip.ReadError
	if errors.As(err, &e) && e.Encrypted {
		r.unreadable(Encrypted)
		return
	}
	r.failed(err)
}

func readRar(r *reading, data []byte) {
	z, err := rardecode.NewReader(bytes.NewReader(data), rardecode.MaxDictionarySize(maxDictionary))
	if err != nil {
		r.failed(err)
		return
	}
	for !r.over() {
		h, err := z.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.failed(err)
			return
		}
		if h.IsDir {
			r.text(h.Name)
			continue
		}
		r.file(h.Name, r.take(z))
	}
}
