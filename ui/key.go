package ui

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"rsc.io/qr"

	"postolka/account"
	"postolka/audit"
)

// KeyView is the page that makes the snapshot key, and shows it once.
type KeyView struct {
	Had   bool   // there is a key already
	File  string // the identity file; empty: not made yet
	Short string // what the QR code holds: without comments
	Wrong string
}

// tailLength is how many of the key's last characters are typed back.
const tailLength = 6

func (s *Server) keyPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	return s.showKey(w, r, by, http.StatusOK, KeyView{})
}

func (s *Server) showKey(w http.ResponseWriter, r *http.Request, by account.Agent, status int, v KeyView) error {
	if s.Backup == nil {
		return errNoPage
	}
	p, err := s.page(r, by, "key.title", "snapshots")
	if err != nil {
		return err
	}
	v.Had, v.Short = len(s.Backup.Recipients()) > 0, shortKey(v.File)
	return s.show(w, r, status, keyView(p, v))
}

// makeKey asks for the password again: whoever finds an open browser must not get
// a key that opens every snapshot from now on.
func (s *Server) makeKey(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Backup == nil {
		return errNoPage
	}
	if err := s.isReally(r, by); err != nil {
		var wait account.ErrThrottled
		if errors.As(err, &account.ErrSignIn{}) || errors.As(err, &wait) {
			return s.showKey(w, r, by, http.StatusUnprocessableEntity, KeyView{Wrong: "key.wrong_password"})
		}
		return err
	}
	if err := s.recordAct(r, by, audit.Snapshot, 0, "key new"); err != nil {
		return err
	}
	file, err := s.Backup.NewKey(false)
	if err != nil {
		return err
	}
	return s.showKey(w, r, by, http.StatusOK, KeyView{File: string(file)})
}

// isReally proves by's password. The session made for it ends at once.
func (s *Server) isReally(r *http.Request, by account.Agent) error {
	me, err := s.Accounts.Account(by.ID)
	if err != nil {
		return err
	}
	token, err := s.Accounts.SignIn(r.Context(), me.Email, r.PostFormValue("password"), by.Address, r.UserAgent())
	if err != nil {
		return err
	}
	return s.Accounts.SignOut(token)
}

// keyFile gives the key that the page still shows back as a file: it is kept nowhere here.
func (s *Server) keyFile(w http.ResponseWriter, r *http.Request, _ account.Agent) error {
	file := strings.ReplaceAll(r.PostFormValue("file"), "\r\n", "\n")
	if file == "" {
		return errBadInput
	}
	return sendDownload(w, strings.NewReader(file), int64(len(file)), "text/plain; charset=utf-8", "postolka-snapshot-key.txt")
}

// confirmKey is done when the end of the key was typed from where it was saved.
func (s *Server) confirmKey(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Backup == nil {
		return errNoPage
	}
	file := strings.ReplaceAll(r.PostFormValue("file"), "\r\n", "\n")
	secret := secretLine(file)
	typed := strings.ToUpper(strings.TrimSpace(r.PostFormValue("tail")))
	if len(secret) < tailLength || typed != strings.ToUpper(secret[len(secret)-tailLength:]) {
		return s.showKey(w, r, by, http.StatusUnprocessableEntity, KeyView{File: file, Wrong: "key.wrong_tail"})
	}
	if err := s.recordAct(r, by, audit.Snapshot, 0, "key saved"); err != nil {
		return err
	}
	if err := s.Backup.ConfirmKey([]byte(file)); err != nil {
		return s.showKey(w, r, by, http.StatusUnprocessableEntity, KeyView{Wrong: "key.wrong_other"})
	}
	return s.back(w, r, "/snapshots", Flash{Key: "key_saved"})
}

// secretLine is the identity itself.
func secretLine(file string) string {
	for line := range strings.Lines(file) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "AGE-SECRET-KEY-") {
			return line
		}
	}
	return ""
}

// shortKey leaves out the comments but the one that says whose snapshots it opens, so
// that a camera can read it.
func shortKey(file string) string {
	var b strings.Builder
	for line := range strings.Lines(file) {
		if !strings.HasPrefix(line, "#") || strings.Contains(line, "verifier:") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// qrPath draws a text as one path of black runs on a field of the given side.
func qrPath(text string) (path string, side string) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", "0"
	}
	var b bytes.Buffer
	const quiet = 4 // modules around it (ISO/IEC 18004)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if n := strconv.Itoa(x - from); x > from {
				b.WriteString("M" + strconv.Itoa(from+quiet) + " " + strconv.Itoa(y+quiet) + "h" + n + "v1h-" + n + "z")
			}
		}
	}
	return b.String(), strconv.Itoa(code.Size + 2*quiet)
}
