package ui

import (
	"context"
	"errors"
	"io"
	"net/http"

	"postolka/account"
	"postolka/audit"
	"postolka/backup"
	"postolka/privacy"
	"postolka/store"
)

// SnapshotsView is the list of restore points, with what makes and tries them.
type SnapshotsView struct {
	List     []store.Snapshot
	Largest  int64
	Key      bool // there is one
	KeySaved bool
	Owner    bool
	Policy   privacy.SnapshotPolicy
	Making   chore
	Drill    chore
	Report   *backup.DrillReport // of the last drill since the start
}

func (s *Server) snapshotsPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Backup == nil {
		return errNoPage
	}
	p, err := s.page(r, by, "snapshots.title", "snapshots")
	if err != nil {
		return err
	}
	v := SnapshotsView{Key: len(s.Backup.Recipients()) > 0, KeySaved: s.Backup.KeySaved(), Owner: account.MayDo(by, account.OwnSnapshots),
		Making: s.chores.state("snapshot"), Drill: s.chores.state("drill")}
	if v.List, err = s.Backup.Snapshots(); err != nil {
		return err
	}
	if v.Policy, err = s.Privacy.SnapshotPolicy(); err != nil {
		return err
	}
	for _, snap := range v.List {
		v.Largest = max(v.Largest, snap.Bytes+snap.Referred)
	}
	if report, ok := v.Drill.Result.(backup.DrillReport); ok && !v.Drill.running() {
		v.Report = &report
	}
	if v.Making.running() || v.Drill.running() {
		w.Header().Set("Refresh", "2")
	}
	return s.show(w, r, http.StatusOK, snapshotsView(p, v))
}

// snapshotPolicy says what an erasure does with older snapshots.
func (s *Server) snapshotPolicy(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	err := s.Privacy.SetSnapshotPolicy(r.Context(), by, privacy.SnapshotPolicy(r.PostFormValue("policy")))
	if errors.Is(err, privacy.ErrPolicy) {
		return errBadInput
	}
	if err != nil {
		return err
	}
	return s.back(w, r, "/snapshots", Flash{Key: "policy_saved"})
}

// makeSnapshot begins one beside the pages.
func (s *Server) makeSnapshot(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Backup == nil {
		return errNoPage
	}
	if len(s.Backup.Recipients()) == 0 {
		return s.back(w, r, "/snapshots", Flash{Key: "no_key"})
	}
	if err := s.recordAct(r, by, audit.Snapshot, 0, "make"); err != nil {
		return err
	}
	s.chores.start("snapshot", func(ctx context.Context, progress func(done, total int64)) (any, error) {
		return s.Backup.Snapshot(ctx, progress)
	})
	return s.back(w, r, "/snapshots", Flash{})
}

// drill restores the newest snapshot to a temporary place with a key that was pasted
// or chosen as a file; it stays in memory and goes with the work.
func (s *Server) drill(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Backup == nil {
		return errNoPage
	}
	identity, err := pastedFile(r, "identity")
	if err != nil {
		return err
	}
	if _, err := backup.ParseIdentity(identity); err != nil {
		return s.back(w, r, "/snapshots", Flash{Key: "bad_key"})
	}
	if err := s.recordAct(r, by, audit.Snapshot, 0, "drill"); err != nil {
		return err
	}
	s.chores.start("drill", func(ctx context.Context, _ func(done, total int64)) (any, error) {
		report, err := s.Backup.Drill(ctx, identity)
		clear(identity)
		return report, err
	})
	return s.back(w, r, "/snapshots", Flash{})
}

// pastedFile is a field of the form, or a file with the field's name and "_file".
func pastedFile(r *http.Request, name string) ([]byte, error) {
	file, _, err := r.FormFile(name + "_file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return []byte(r.PostFormValue(name)), nil
	}
	if err != nil {
		return nil, errBadInput
	}
	defer file.Close()
	body, err := io.ReadAll(io.LimitReader(file, 64<<10))
	if err == nil && len(body) == 0 {
		body = []byte(r.PostFormValue(name))
	}
	return body, err
}

// drillTrouble says in words why a snapshot or drill failed.
func (v Voice) backupTrouble(err error) string {
	for _, t := range []struct {
		err error
		key string
	}{
		{backup.ErrNoRecipient, "no_key"}, {backup.ErrWrongIdentity, "wrong_key"}, {backup.ErrNoVerifier, "no_verifier"},
		{backup.ErrNoIdentity, "no_identity"}, {backup.ErrForeign, "foreign"}, {backup.ErrLedgerCut, "ledger"},
		{backup.ErrDamaged, "damaged"}, {backup.ErrTargetEmpty, "empty"}, {backup.ErrNoSnapshot, "none"}, {context.Canceled, "stopped"},
	} {
		if errors.Is(err, t.err) {
			return v.T("backup_trouble." + t.key)
		}
	}
	return v.T("backup_trouble.other")
}
