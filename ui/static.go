package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"postolka/account"
)

//go:embed static
var staticFiles embed.FS

// static holds the embedded files as they are sent. All lie under one folder
// named by a hash over everything, so that modules import each other by relative
// names and a browser may keep every file for ever.
type static struct {
	base  string // "/static/<hash>/"
	files map[string]asset
}

type asset struct {
	kind        string // media type
	plain, gzip []byte
}

// firstSheets stand before the components' sheets in all.css.
var firstSheets = []string{"tokens.css", "base.css"}

// loadStatic reads, joins, hashes and compresses; it panics on a damaged build only.
func loadStatic() *static {
	plain := map[string][]byte{}
	entries, err := fs.ReadDir(staticFiles, "static")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		b, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		plain[e.Name()] = b
	}
	joinSheets(plain)
	st := &static{base: "/static/" + hashAll(plain) + "/", files: map[string]asset{}}
	for name, b := range plain {
		st.files[name] = asset{kind: mime.TypeByExtension(path.Ext(name)), plain: b, gzip: squeeze(b)}
	}
	return st
}

// joinSheets replaces the components' sheets by all.css: one request, one order.
func joinSheets(files map[string][]byte) {
	var names []string
	for name := range files {
		if path.Ext(name) == ".css" && !slices.Contains(firstSheets, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var all bytes.Buffer
	for _, name := range append(slices.Clone(firstSheets), names...) {
		all.Write(files[name])
		all.WriteByte('\n')
		delete(files, name)
	}
	files["all.css"] = all.Bytes()
}

func hashAll(files map[string][]byte) string {
	h := sha256.New()
	for _, name := range slices.Sorted(mapKeys(files)) {
		h.Write([]byte(name))
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func squeeze(b []byte) []byte {
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

// asset answers with one static file.
func (s *Server) asset(w http.ResponseWriter, r *http.Request, _ account.Agent) error {
	return s.static.serve(w, r, r.PathValue("name"))
}

func (s *Server) favicon(w http.ResponseWriter, r *http.Request, _ account.Agent) error {
	return s.static.serve(w, r, "mark.svg")
}

func (st *static) serve(w http.ResponseWriter, r *http.Request, name string) error {
	a, ok := st.files[name]
	if !ok {
		return errNoPage
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Vary", "Accept-Encoding")
	if strings.HasPrefix(r.URL.Path, st.base) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else { // a page from before an update asks for the old names
		h.Set("Cache-Control", "no-cache")
	}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		w.Write(a.gzip)
		return nil
	}
	w.Write(a.plain)
	return nil
}
