package ui

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postolka/account"
	"postolka/desk"
)

// metrics are the facts of the state page in the text format of Prometheus, for who
// may see that page. Mailboxes and folders by number: names may be people's.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	var m metrics
	st, err := s.state(r, by)
	if err != nil {
		return err
	}
	m.house(st)
	for _, b := range st.Boxes {
		folders, err := s.Desk.Folders(r.Context(), by, b.ID)
		if err != nil {
			return err
		}
		m.mailbox(b, folders)
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	if _, err := m.text().WriteTo(w); err != nil {
		return errGone
	}
	return nil
}

// Metrics answers GET /metrics without asking who wants it: for a listener that only
// the monitoring reaches.
func (s *Server) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if err := s.metrics(w, r, account.SystemAgent()); err != nil {
			s.Logger.Error("metrics not answered")
			http.Error(w, "not now", http.StatusInternalServerError)
		}
	})
	return mux
}

// metrics are samples by family, in the order in which the families came.
type metrics struct {
	names   []string
	samples map[string][]string
}

func (m *metrics) house(st State) {
	m.add("postolka_messages", "", float64(max(0, st.Messages-st.Erased)))
	m.add("postolka_indexed_messages", "", float64(st.Indexed))
	m.add("postolka_outbox_waiting", "", float64(st.Outbox.Waiting))
	m.add("postolka_outbox_failed", "", float64(len(st.Outbox.Failed)))
	m.add("postolka_outbox_uncertain", "", float64(len(st.Outbox.Uncertain)))
	m.add("postolka_disk_free_bytes", "", float64(st.Disk.Free))
	m.add("postolka_problems", "", float64(len(st.Problems)))
	if st.Snapshot != nil {
		m.at("postolka_snapshot_timestamp_seconds", "", st.Snapshot.At)
	}
	m.at("postolka_log_verified_timestamp_seconds", "", st.LogAt)
}

func (m *metrics) mailbox(b desk.MailboxInfo, folders []desk.FolderHealth) {
	label := fmt.Sprintf(`mailbox="%d"`, b.ID)
	m.add("postolka_mailbox_health", label+fmt.Sprintf(`,health="%s"`, b.Health), 1)
	m.add("postolka_mailbox_ailing", label, float64(map[bool]int{true: 1}[b.Health.Ailing()]))
	m.at("postolka_mailbox_last_contact_timestamp_seconds", label, b.Mailbox.LastContact)
	m.at("postolka_mailbox_last_new_mail_timestamp_seconds", label, b.Mailbox.LastNewMail)
	m.add("postolka_mailbox_silent_days", label, float64(b.Silence.Days))
	m.add("postolka_mailbox_messages", label, float64(b.Messages))
	m.add("postolka_mailbox_quarantined", label, float64(b.Quarantined))
	m.add("postolka_mailbox_seconds_left", label, b.TimeLeft().Seconds())
	for _, f := range folders {
		at := label + fmt.Sprintf(`,folder="%d"`, f.ID)
		m.add("postolka_folder_on_server", at, float64(f.OnServer))
		m.add("postolka_folder_here", at, float64(f.Here))
		m.add("postolka_folder_waiting", at, float64(f.Waiting))
		m.add("postolka_folder_not_fetched", at, float64(len(f.Quarantined)))
		m.add("postolka_folder_erased", at, float64(f.Erased))
		m.add("postolka_folder_unexplained", at, float64(f.Unexplained()))
	}
}

func (m *metrics) add(name, labels string, value float64) {
	if m.samples == nil {
		m.samples = map[string][]string{}
	}
	if m.samples[name] == nil {
		m.names = append(m.names, name)
	}
	if labels != "" {
		labels = "{" + labels + "}"
	}
	m.samples[name] = append(m.samples[name], name+labels+" "+strconv.FormatFloat(value, 'f', -1, 64))
}

// at adds an instant; none is left out, so that its age is not taken for half a century.
func (m *metrics) at(name, labels string, t time.Time) {
	if !t.IsZero() {
		m.add(name, labels, float64(t.Unix()))
	}
}

func (m *metrics) text() *bytes.Buffer {
	var b bytes.Buffer
	for _, name := range m.names {
		fmt.Fprintf(&b, "# TYPE %s gauge\n%s\n", name, strings.Join(m.samples[name], "\n"))
	}
	return &b
}
