package ui

import (
	"context"
	"net/http"

	"postolka/account"
	"postolka/audit"
)

// verifyLog begins to prove the log whole.
func (s *Server) verifyLog(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if err := s.recordAct(r, by, audit.ReadLog, 0, "verify"); err != nil {
		return err
	}
	s.beginVerify()
	return s.back(w, r, "/log", Flash{Key: "verifying"})
}

// beginVerify proves the access log whole beside the pages; the log keeps the report.
func (s *Server) beginVerify() bool {
	return s.chores.start("verify", func(ctx context.Context, _ func(done, total int64)) (any, error) {
		return s.Log.Verify(ctx, nil)
	})
}

// logColour of the banner: proven, never proven, broken.
func logColour(v LogView) string {
	switch {
	case v.Check.running() || !v.Proven:
		return ""
	case len(v.Report.Problems) > 0:
		return "bad"
	}
	return "good"
}

func logIcon(v LogView) string {
	return map[string]string{"good": "done", "bad": "alert", "": "eye"}[logColour(v)]
}

func (p Page) logHeading(v LogView) string {
	a := v.Ask
	switch {
	case v.Mine:
		return p.T("log.head_mine")
	case a.Message != 0:
		return p.T("log.head_message", uint64(a.Message))
	case a.Conversation != 0:
		return p.T("log.head_conversation", uint64(a.Conversation))
	case a.ByAgent:
		for _, person := range v.People {
			if person.ID == a.Agent {
				return p.T("log.head_agent", person.Name)
			}
		}
		return p.T("log.nobody")
	}
	return p.T("log.head_day", p.weekday(a.Day), p.Date(a.Day))
}

// purposeText is a stable word in the reader's language.
func (v Voice) purposeText(word string) string {
	for _, key := range []string{"purpose." + word, "log_why." + word} {
		if v.has(key) {
			return v.T(key)
		}
	}
	return word
}
