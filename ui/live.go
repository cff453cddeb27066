package ui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"postolka/account"
	"postolka/desk"
)

// heartbeat keeps proxies from closing a quiet stream, and is when a session that
// was ended elsewhere is noticed.
const heartbeat = 20 * time.Second

// live streams what changed as server-sent events: ids only. The page asks for the
// parts it shows, and so passes the same checks as any page.
func (s *Server) live(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	out := http.NewResponseController(w)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	out.SetWriteDeadline(time.Time{})
	events := s.Desk.Live(r.Context(), by)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	fmt.Fprint(w, "retry: 3000\n\n")
	for {
		if err := out.Flush(); err != nil {
			return errGone
		}
		select {
		case e, ok := <-events:
			if !ok {
				return nil
			}
			sendEvent(w, e)
		case <-beat.C:
			if now, err := s.whoAsks(w, r); err != nil || now.ID != by.ID {
				return nil
			}
			fmt.Fprint(w, ": here\n\n")
		case <-r.Context().Done():
			return nil
		}
	}
}

// sendEvent writes one event; a broken pipe shows at the next flush.
func sendEvent(w http.ResponseWriter, e desk.Event) {
	b, err := json.Marshal(map[string]any{"mailbox": e.Mailbox, "conversation": e.Conversation, "message": e.Message, "job": e.Job})
	if err == nil {
		fmt.Fprintf(w, "event: %s\ndata: %s\n\n", e.Kind, b)
	}
}
