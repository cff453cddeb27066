package ui

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/oauth"
	"postolka/store"
)

// State of the system: what is wrong stands first, each with what to do.
type State struct {
	Problems  []problem
	Boxes     []desk.MailboxInfo
	Messages  int // records; of erased ones too
	Erased    int // records of erased ones among them
	Indexed   uint64
	HasIndex  bool
	Disk      disk
	Outbox    outboxState
	Snapshot  *store.Snapshot // newest proven
	Backups   desk.Backups
	LogAt     time.Time
	LogWhole  bool
	LogProven bool
	Version   string
}

// problem is a sentence (problem.KEY), what to do (problem.KEY_do), and where.
type problem struct {
	Key, About string
	N          int
	Path       string
}

type outboxState struct {
	Waiting           int
	Failed, Uncertain []stuck
}

// stuck is an answer that did not leave; Read: by may see what it says.
type stuck struct {
	store.OutboxEntry
	Read bool
}

// disk is room on the file system of the data; Total 0: not known here.
type disk struct{ Free, Total int64 }

func (d disk) low() bool  { return d.Total > 0 && d.Free < desk.LittleDisk }
func (d disk) full() bool { return d.Total > 0 && d.Free < fullDisk }

const (
	fullDisk    = 64 << 20 // a few large mails more, and nothing can be stored
	outboxShown = 50
)

func (s *Server) statePage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	p, err := s.page(r, by, "state.title", "state")
	if err != nil {
		return err
	}
	st, err := s.state(r, by)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, stateView(p, st))
}

func (s *Server) state(r *http.Request, by account.Agent) (st State, err error) {
	st.Version = s.Version
	if st.Boxes, err = s.Desk.Mailboxes(r.Context(), by); err != nil {
		return st, err
	}
	if err := s.countStore(&st, by); err != nil {
		return st, err
	}
	if s.Index != nil {
		if st.Indexed, err = s.Index.Count(); err != nil {
			st.Problems = append(st.Problems, problem{Key: "index_closed"})
		}
		st.HasIndex = err == nil
	}
	if err := s.snapshotState(&st); err != nil {
		return st, err
	}
	if err := s.requestState(&st, by); err != nil {
		return st, err
	}
	report, proven := s.Log.LastReport()
	st.LogAt, st.LogProven, st.LogWhole = report.At, proven, len(report.Problems) == 0
	st.Problems = append(st.Problems, st.problems(s.Now())...)
	return st, nil
}

// problems in the order in which they hurt.
func (st State) problems(now time.Time) (list []problem) {
	if st.Disk.low() {
		list = append(list, problem{Key: "disk"})
	}
	if st.LogProven && !st.LogWhole {
		list = append(list, problem{Key: "log", Path: "/log"})
	}
	for _, b := range st.Boxes {
		if b.Health.Ailing() {
			list = append(list, problem{Key: "mailbox_" + string(b.Health), About: b.Mailbox.Name, Path: mailboxPath(b.ID)})
		}
		if n := b.NotFetched(); n > 0 {
			list = append(list, problem{Key: "not_fetched", N: n, Path: mailboxPath(b.ID)})
		}
	}
	for _, b := range st.Boxes {
		if key, _ := oauth.Warning(b.Mailbox.OAuth, now); key != "" {
			list = append(list, problem{Key: key, About: b.Mailbox.Name, Path: consentPath(b.ID)})
		}
	}
	if n := len(st.Outbox.Failed) + len(st.Outbox.Uncertain); n > 0 {
		list = append(list, problem{Key: "outbox", N: n, Path: "#outbox"})
	}
	for _, word := range st.Backups.Problems {
		list = append(list, problem{Key: "backup_" + word, Path: "/snapshots"})
	}
	if missing := st.Messages - st.Erased - int(st.Indexed); st.HasIndex && missing > 0 {
		list = append(list, problem{Key: "index", N: missing})
	}
	return list
}

// countStore counts messages that are not erased, and looks through the outbox.
func (s *Server) countStore(st *State, by account.Agent) error {
	if s.Store == nil {
		return nil
	}
	st.Disk = diskOf(s.Store.Dir())
	return s.Store.View(func(tx *store.Tx) error {
		st.Messages, st.Outbox = 0, outboxState{}
		for _, b := range st.Boxes {
			st.Messages += b.Messages
		}
		st.Erased = erasedHere(tx)
		for _, state := range []store.OutboxState{store.OutboxHeld, store.OutboxQueued, store.OutboxSending} {
			st.Outbox.Waiting += store.OutboxByState.Count(tx, store.Key(uint8(state)))
		}
		var err error
		if st.Outbox.Failed, err = outboxIn(tx, by, store.OutboxFailed); err != nil {
			return err
		}
		st.Outbox.Uncertain, err = outboxIn(tx, by, store.OutboxUncertain)
		return err
	})
}

// erasedHere counts records that are left of erased messages; tombstones are few.
func erasedHere(tx *store.Tx) (n int) {
	for _, stone := range store.Tombstones.All(tx) {
		if m, err := store.Messages.Get(tx, stone.Message); err == nil && !m.Erased.IsZero() {
			n++
		}
	}
	return n
}

func outboxIn(tx *store.Tx, by account.Agent, state store.OutboxState) (list []stuck, err error) {
	for id := range store.OutboxByState.Prefix(tx, store.Key(uint8(state))) {
		e, err := store.Outbox.Get(tx, id)
		if err != nil {
			return nil, err
		}
		if list = append(list, stuck{e, account.MayIn(by, account.Read, e.Mailbox)}); len(list) == outboxShown {
			break
		}
	}
	return list, nil
}

// requestState: a request that is late is everybody's trouble who sees to the house.
func (s *Server) requestState(st *State, by account.Agent) error {
	if s.Privacy == nil {
		return nil
	}
	soon, late, err := s.Privacy.Reminders(by)
	if late > 0 {
		st.Problems = append(st.Problems, problem{Key: "requests_late", N: late, Path: "/requests"})
	}
	if soon > 0 {
		st.Problems = append(st.Problems, problem{Key: "requests_soon", N: soon, Path: "/requests"})
	}
	return err
}

func (s *Server) snapshotState(st *State) error {
	if s.Backup == nil {
		return nil
	}
	list, err := s.Backup.Snapshots()
	st.Backups = desk.BackupState(list, len(s.Backup.Recipients()), s.Now())
	if !st.Backups.Newest.At.IsZero() {
		st.Snapshot = &st.Backups.Newest
	}
	return err
}

// healthz is for machines, without signing in: 200 "ok", or 503 with a stable word for
// why the desk can't serve: "storage", "disk" or "index". A line "mailbox 3 silent"
// follows for each mailbox that needs somebody, with a word of desk.Health.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request, _ account.Agent) error {
	status, word := http.StatusOK, s.health()
	if word != "ok" {
		status = http.StatusServiceUnavailable
	}
	lines := word + "\n"
	if word != "storage" {
		ailing, err := s.Desk.Ailing()
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(ailing)) {
			lines += fmt.Sprintf("mailbox %d %s\n", id, ailing[id])
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	if _, err := io.WriteString(w, lines); err != nil {
		return errGone
	}
	return nil
}

func (s *Server) health() string {
	if s.Store != nil {
		if err := s.Store.View(func(*store.Tx) error { return nil }); err != nil {
			return "storage"
		}
		if diskOf(s.Store.Dir()).full() {
			return "disk"
		}
	}
	if s.Index != nil {
		if _, err := s.Index.Count(); err != nil {
			return "index"
		}
	}
	return "ok"
}
