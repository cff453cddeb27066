package ui

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

// ExportForm is what a package is made of, before it is made: other people's data
// to be confirmed, the letter's gaps, how it is handed out.
type ExportForm struct {
	ID       store.JobID
	Others   []privacy.Other
	Keep     []string // of them, after a form that was wrong
	Lang     string
	Missing  map[string][]string
	Portable bool
	Wrong    string
}

// ExportMade is a package that lies ready.
type ExportMade struct {
	privacy.Exported
	Ends  time.Time
	Link  string // whole address, shown once
	Until time.Time
}

func exportPath(id store.ExportID) string { return "/exports/" + idText(id) }

func (s *Server) exportForm(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	return s.showExportForm(w, r, by, http.StatusOK, ExportForm{ID: id, Lang: s.voice(r, by).Lang, Portable: r.URL.Query().Get("portable") == "1"})
}

func (s *Server) showExportForm(w http.ResponseWriter, r *http.Request, by account.Agent, status int, f ExportForm) (err error) {
	if f.Others, err = s.Privacy.Others(r.Context(), by, f.ID); err != nil {
		return err
	}
	facts, err := s.Privacy.LetterFacts(by)
	if err != nil {
		return err
	}
	f.Missing = map[string][]string{"cs": facts.Missing("cs"), "en": facts.Missing("en")}
	p, err := s.page(r, by, "export.title", "find")
	if err != nil {
		return err
	}
	return s.show(w, r, status, exportFormView(p, f))
}

// exportPerson makes the package as confirmed and shows what became of it.
func (s *Server) exportPerson(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	opt := privacy.ExportOptions{Lang: r.PostFormValue("lang"), Portable: r.PostFormValue("what") == "portable",
		Passphrase: r.PostFormValue("passphrase"), Recipients: strings.Fields(r.PostFormValue("recipients")), Keep: keptOthers(r)}
	done, err := s.Privacy.ExportPerson(r.Context(), by, id, opt)
	if errors.Is(err, privacy.ErrSeal) {
		return s.showExportForm(w, r, by, http.StatusUnprocessableEntity, ExportForm{ID: id, Lang: opt.Lang, Portable: opt.Portable, Keep: opt.Keep,
			Wrong: s.voice(r, by).T("export.wrong_seal")})
	}
	if err != nil {
		return err
	}
	return s.showExport(w, r, by, ExportMade{Exported: done})
}

// keptOthers are those of the proposal that were shown and not ticked. What was
// found only since stays redacted: nobody saw it.
func keptOthers(r *http.Request) (keep []string) {
	for _, shown := range r.PostForm["shown"] {
		if !slices.Contains(r.PostForm["redact"], shown) {
			keep = append(keep, shown)
		}
	}
	return keep
}

func (s *Server) showExport(w http.ResponseWriter, r *http.Request, by account.Agent, v ExportMade) error {
	export, err := s.Privacy.ExportNow(by, v.ID)
	if err != nil {
		return err
	}
	v.Ends = export.ExpiresAt
	p, err := s.page(r, by, "export.made_title", "find")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, exportMadeView(p, v))
}

// exportLink makes a one-time link and shows it, this once.
func (s *Server) exportLink(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Privacy == nil {
		return errNoPage
	}
	id, err := pathID[store.ExportID](r, "id")
	if err != nil {
		return err
	}
	token, until, err := s.Privacy.LinkExport(r.Context(), by, id)
	if err != nil {
		return err
	}
	return s.showExport(w, r, by, ExportMade{Exported: privacy.Exported{ID: id}, Until: until,
		Link: s.outside(r, "/package", url.Values{"key": {token}})})
}

// exportFile sends a package that was made.
func (s *Server) exportFile(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Privacy == nil {
		return errNoPage
	}
	id, err := pathID[store.ExportID](r, "id")
	if err != nil {
		return err
	}
	file, err := s.Privacy.OpenExport(r.Context(), by, id)
	if err != nil {
		return err
	}
	return errors.Join(sendPackage(w, file, idText(id)), file.Close())
}

func sendPackage(w http.ResponseWriter, f privacy.OpenedExport, number string) error {
	if f.Sealed {
		return sendDownload(w, f, f.SizeBytes, "application/octet-stream", "export-"+number+".zip.age")
	}
	return sendDownload(w, f, f.SizeBytes, "application/zip", "export-"+number+".zip")
}

// packagePage is where a one-time link leads: it asks once more, since programs
// that look into mail follow links.
func (s *Server) packagePage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Privacy == nil {
		return errNoPage
	}
	key := r.URL.Query().Get("key")
	if _, err := s.Privacy.LinkedExport(key); err != nil {
		return errPackageGone
	}
	return s.show(w, r, http.StatusOK, packageForm(s.bare(r, by, "package.title"), key))
}

// packageFile uses the link up; a download that breaks off gives it back.
func (s *Server) packageFile(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Privacy == nil {
		return errNoPage
	}
	file, keep, err := s.Privacy.OpenLink(r.Context(), remoteAddress(r), r.PostFormValue("key"))
	if errors.Is(err, store.ErrNotFound) {
		return errPackageGone
	}
	if err != nil {
		return err
	}
	err = errors.Join(sendPackage(w, file, "data"), file.Close())
	if err != nil {
		return errors.Join(err, keep())
	}
	return nil
}

// LetterForm is what the letter under Art. 15 says, in one language.
type LetterForm struct {
	privacy.LetterFacts
	Lang    string
	Texts   *privacy.LetterTexts
	Missing []string
}

func (s *Server) letterPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Privacy == nil {
		return errNoPage
	}
	facts, err := s.Privacy.LetterFacts(by)
	if err != nil {
		return err
	}
	lang := letterLang(r.URL.Query().Get("lang"), s.voice(r, by).Lang)
	p, err := s.page(r, by, "letter.facts_title", "find")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, letterForm(p, LetterForm{facts, lang, facts.In(lang), facts.Missing(lang)}))
}

func letterLang(asked, own string) string {
	if asked == "cs" || asked == "en" {
		return asked
	}
	return own
}

func (s *Server) saveLetter(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Privacy == nil {
		return errNoPage
	}
	facts, err := s.Privacy.LetterFacts(by)
	if err != nil {
		return err
	}
	lang := letterLang(r.PostFormValue("lang"), "cs")
	field := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(r.PostFormValue(name), "\r\n", "\n"))
	}
	facts.Controller, facts.Officer, facts.Place = field("controller"), field("officer"), field("place")
	facts.Signature, facts.Processors = field("signature"), field("processors")
	for _, point := range facts.In(lang).Points() {
		*point.Text = field(point.Key)
	}
	if err := s.Privacy.SetLetterFacts(r.Context(), by, facts); err != nil {
		return err
	}
	return s.back(w, r, "/privacy/letter?lang="+lang, Flash{Key: "letter_saved"})
}

// points names what the letter lacks.
func (v Voice) points(keys []string) string {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = v.T("point." + key)
	}
	return strings.Join(names, "; ")
}

// withheldKey is the word for a reason as part of a message key.
func withheldKey(h privacy.Withheld) string {
	return strings.NewReplacer("'", "", ",", "", " ", "_").Replace(h.Reason)
}
