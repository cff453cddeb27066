package ui

import (
	"io"
	"mime"
	"net/http"
	"strconv"
)

// sendDownload sends a file to be saved, never shown; size -1 when it is not known.
// A name of ours has no personal data.
func sendDownload(w http.ResponseWriter, r io.Reader, size int64, kind, name string) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	if size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(size, 10))
	}
	if _, err := io.Copy(w, r); err != nil {
		return errGone
	}
	return nil
}
