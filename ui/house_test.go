package ui

import (
	"context"
	"net/url"
	"strings"

	"postolka/account"
	"postolka/match"
	"postolka/privacy"
	"postolka/store"
)

// Tries of the pages of privacy and of the house, see tries.
func init() {
	for pattern, make := range map[string]func(*world, account.Agent) try{
		"GET /privacy":             at("/privacy"),
		"POST /privacy":            form("/privacy", "data", "eliska@seznam.example", "purpose", "check"),
		"GET /privacy/{id}":        found(""),
		"POST /privacy/{id}/more":  found("/more"),
		"GET /privacy/{id}/unread": found("/unread"),
		"POST /privacy/{id}/unread": func(w *world, by account.Agent) try {
			t := unreadTry(w, by)
			return try{strings.TrimSuffix(t.path, "/part"), values("message", t.form.Get("message"), "part", t.form.Get("part"), "verdict", "nothing")}
		},
		"GET /privacy/{id}/unread/part": func(w *world, by account.Agent) try {
			t := unreadTry(w, by)
			return try{path: t.path + "?" + t.form.Encode()}
		},
		"POST /privacy/{id}/decide": found("/decide", "all", "1", "decision", "erase"),
		"POST /privacy/{id}/again":  found("/again"),
		"POST /privacy/{id}/widen":  found("/widen", "kind", "phone", "value", "603 123 456"),
		"POST /privacy/{id}/cancel": found("/cancel"),
		"GET /privacy/letter":       at("/privacy/letter"),
		"POST /privacy/letter":      form("/privacy/letter", "lang", "en", "controller", "Kolovrat"),
		"GET /package":              at("/package?key=none"),
		"POST /package":             form("/package", "key", "none"),
		"GET /privacy/{id}/export":  found("/export"),
		"POST /privacy/{id}/export": found("/export", "what", "access", "lang", "cs"),
		"POST /exports/{id}/link": func(w *world, _ account.Agent) try {
			return try{"/exports/" + w.exportOf(w.found()) + "/link", values()}
		},
		"GET /exports/{id}":          func(w *world, _ account.Agent) try { return try{path: "/exports/" + w.exportOf(w.found())} },
		"POST /privacy/{id}/plan":    found("/plan"),
		"GET /privacy/{id}/plan":     found("/plan"),
		"POST /privacy/{id}/approve": found("/approve", "hash", "none", "sure", "1"),
		"GET /privacy/{id}/job":      found("/job"),
		"POST /privacy/{id}/run":     found("/run"),
		"GET /privacy/{id}/receipt":  func(w *world, _ account.Agent) try { return try{path: personPath(w.erased()) + "/receipt"} },
		"GET /receipts/check":        at("/receipts/check"),
		"POST /receipts/check":       form("/receipts/check", "receipt", "none"),
		"GET /privacy/{id}/receipt.pdf": func(w *world, _ account.Agent) try {
			return try{path: personPath(w.erased()) + "/receipt.pdf"}
		},
		"GET /privacy/{id}/receipt.txt": func(w *world, _ account.Agent) try {
			return try{path: personPath(w.erased()) + "/receipt.txt"}
		},

		"GET /retention": at("/retention"),
		"POST /holds":    form("/holds", "message", "1", "reason", "claim", "review", "2099-01-01"),
		"POST /holds/{id}/lift": func(w *world, _ account.Agent) try {
			id, err := w.server.Privacy.Hold(context.Background(), w.people["jana"], 0, 1, "claim", w.now.AddDate(1, 0, 0))
			w.must(err)
			return try{"/holds/" + idText(id) + "/lift", url.Values{}}
		},
		"POST /restrictions":           form("/restrictions", "messages", "2, 3", "ground", "accuracy"),
		"GET /restrictions/{id}":       restriction("", nil),
		"POST /restrictions/{id}":      restriction("", values("purpose", "claim")),
		"POST /restrictions/{id}/lift": restriction("/lift", values("informed", "2026-01-01")),

		"GET /log":         at("/log"),
		"POST /log/export": form("/log/export", "day", "2026-11-24"),
		"POST /log/verify": form("/log/verify"),
		"GET /log/mine":    at("/log/mine"),

		"GET /disk":                   at("/disk"),
		"POST /disk":                  form("/disk"),
		"GET /snapshots":              at("/snapshots"),
		"POST /snapshots":             form("/snapshots"),
		"POST /snapshots/policy":      form("/snapshots/policy", "policy", "rotate"),
		"POST /snapshots/drill":       form("/snapshots/drill", "identity", "none"),
		"GET /snapshots/key":          at("/snapshots/key"),
		"POST /snapshots/key":         form("/snapshots/key", "password", "wrong"),
		"POST /snapshots/key/file":    form("/snapshots/key/file", "file", "x"),
		"POST /snapshots/key/confirm": form("/snapshots/key/confirm", "file", "x", "tail", "x"),

		"GET /requests":                at("/requests"),
		"POST /requests":               form("/requests", "kind", "access", "received", "2026-01-02"),
		"GET /requests/{id}":           request(),
		"POST /requests/{id}":          request("do", "extend", "reason", "many"),
		"POST /notices/{id}":           notice("do", "told"),
		"GET /mailboxes":               at("/mailboxes"),
		"GET /mailboxes/new":           at("/mailboxes/new"),
		"POST /mailboxes/new":          form("/mailboxes/new", "address", "info@seznam.cz"),
		"POST /mailboxes":              form("/mailboxes", "name", ""),
		"GET /mailboxes/{id}":          mailbox(""),
		"GET /mailboxes/{id}/edit":     mailbox("/edit"),
		"POST /mailboxes/{id}":         mailbox("", "name", ""),
		"GET /mailboxes/consent":       at("/mailboxes/consent?state=x"),
		"GET /mailboxes/{id}/consent":  mailbox("/consent"),
		"POST /mailboxes/{id}/consent": mailbox("/consent", "provider", "other"),
		"GET /mailboxes/{id}/folders":  mailbox("/folders"),
		"POST /mailboxes/{id}/folders": mailbox("/folders", "which", "all"),
		"POST /mailboxes/{id}/retry":   mailbox("/retry"),
		"POST /mailboxes/{id}/deleted": mailbox("/deleted", "deleted", "follow"),
		"POST /mailboxes/{id}/rights":  mailbox("/rights", "agent", "3", "right", "read"),

		"GET /people":       at("/people"),
		"POST /people":      form("/people", "name", "X", "email", "jana@example.cz", "role", "agent"),
		"POST /people/{id}": form("/people/3", "do", "enable"),
		"GET /me":           at("/me"),
		"POST /me": func(_ *world, by account.Agent) try {
			return try{"/me", values("name", by.Name, "language", "cs", "keys", "1")}
		},
		"POST /me/password":      form("/me/password", "old", "wrong", "password", "x"),
		"POST /me/sessions/{id}": form("/me/sessions/all"),
		"GET /state":             at("/state"),
		"GET /healthz":           at("/healthz"),
		"GET /metrics":           at("/metrics"),
	} {
		tries[pattern] = make
	}
}

func mailbox(rest string, fields ...string) func(*world, account.Agent) try {
	return func(w *world, _ account.Agent) try { return try{mailboxPath(w.support) + rest, values(fields...)} }
}

// restriction is a page of a new one.
func restriction(rest string, form url.Values) func(*world, account.Agent) try {
	return func(w *world, _ account.Agent) try {
		id, err := w.server.Privacy.Restrict(context.Background(), w.people["jana"], "claims", []store.MessageID{4})
		w.must(err)
		return try{restrictionPath(id) + rest, form}
	}
}

// notice is one that is owed.
func notice(fields ...string) func(*world, account.Agent) try {
	return func(w *world, _ account.Agent) (t try) {
		w.must(w.store.Update(func(tx *store.Tx) error {
			id, err := store.Notices.Insert(tx, store.Notice{Recipient: "Depo <depo@dopravce.example>", LastSent: w.now})
			t = try{"/notices/" + idText(id), values(fields...)}
			return err
		}))
		return t
	}
}

// found is a page of a new find.
func found(rest string, fields ...string) func(*world, account.Agent) try {
	return func(w *world, _ account.Agent) try { return try{personPath(w.found()) + rest, values(fields...)} }
}

// unreadTry is the first part that a new find could not read.
func unreadTry(w *world, _ account.Agent) try {
	id := w.found()
	parts, err := w.server.Privacy.Unread(w.people["jana"], id)
	w.must(err)
	return try{unreadPath(id) + "/part", values("message", idText(parts[0].Message), "part", parts[0].Part)}
}

// found saves a find of somebody who wrote.
func (w *world) found() store.JobID {
	sel, err := match.ParseIdentifier(match.Email, "eliska.prochazkova@seznam.example")
	w.must(err)
	id, err := w.server.Privacy.Begin(context.Background(), w.people["jana"], []match.Identifier{sel}, "check")
	w.must(err)
	return id
}

func (w *world) exportOf(id store.JobID) string {
	export, err := w.server.Privacy.ExportPerson(context.Background(), w.people["jana"], id, privacy.ExportOptions{})
	w.must(err)
	return idText(export.ID)
}

func (w *world) linkOf(id store.JobID) string {
	ctx, jana := context.Background(), w.people["jana"]
	export, err := w.server.Privacy.ExportPerson(ctx, jana, id, privacy.ExportOptions{})
	w.must(err)
	token, _, err := w.server.Privacy.LinkExport(ctx, jana, export.ID)
	w.must(err)
	return token
}

// erased is a finished erasure of somebody nobody else asks for.
func (w *world) erased() store.JobID {
	if w.erasure != 0 {
		return w.erasure
	}
	sel, err := match.ParseIdentifier(match.Email, "karel.svec@centrum.example")
	w.must(err)
	ctx := context.Background()
	w.erasure, err = w.server.Privacy.Begin(ctx, w.people["jana"], []match.Identifier{sel}, "erasure")
	w.must(err)
	list, err := w.server.Privacy.Decisions(w.people["jana"], w.erasure)
	w.must(err)
	kept := privacy.MessageDecision{Message: list[0].Message, Decision: privacy.KeepIt, Reason: "accounting", Until: w.now.AddDate(5, 0, 0)}
	w.must(w.server.Privacy.Decide(ctx, w.people["jana"], w.erasure, kept))
	plan, err := w.server.Privacy.Plan(ctx, w.people["jana"], w.erasure)
	w.must(err)
	w.erasure, err = w.server.Privacy.Approve(ctx, w.people["petra"], plan.Hash)
	w.must(err)
	_, err = w.server.Privacy.Run(ctx, w.erasure, nil)
	w.must(err)
	return w.erasure
}

// request is one that came on paper, anew for each try.
func request(fields ...string) func(*world, account.Agent) try {
	return func(w *world, _ account.Agent) try {
		id, err := w.server.Privacy.AddRequest(context.Background(), account.HostAgent(), 0, store.RequestAccess, w.now)
		w.must(err)
		return try{requestPath(id), values(fields...)}
	}
}
