package ui

import (
	"net/http"

	"postolka/account"
)

// handler answers a request of by (the zero Agent on public routes). It returns
// an error before it has written anything; fail makes a page of it.
type handler func(w http.ResponseWriter, r *http.Request, by account.Agent) error

// route is one line of the table. Where a right depends on a mailbox, the use
// case decides; the table says which act it asks for, and the test holds it to that.
type route struct {
	pattern string
	who     who
	do      handler
}

// routes is every page and every form there is.
func (s *Server) routes() []route {
	return []route{
		{"GET /static/{hash}/{name}", public, s.asset},
		{"GET /favicon.ico", public, s.favicon},
		{"GET /sign-in", public, s.signInPage},
		{"POST /sign-in", public, s.signIn},
		{"GET /start", public, s.firstPage},
		{"POST /start", public, s.firstOwner},
		{"GET /invitation", public, s.invitationPage},
		{"POST /invitation", public, s.redeem},
		{"GET /identity", public, s.identityPage},
		{"POST /identity", public, s.confirmIdentity},
		{"GET /package", public, s.packagePage},
		{"POST /package", public, s.packageFile},
		{"POST /sign-out", signedIn, s.signOut},

		{"GET /{$}", signedIn, s.start},
		{"GET /in/{view}", signedIn, s.list},
		{"GET /c/{id}", may(account.Read), s.conversation},
		{"POST /c/{id}/here", may(account.Read), s.here},
		{"POST /c/{id}/answer", may(account.Answer), s.answer},
		{"POST /c/{id}/draft", may(account.Answer), s.draft},
		{"POST /c/{id}/draft/drop", may(account.Answer), s.dropDraft},
		{"POST /outbox/{id}/undo", may(account.Answer), s.undoSend},
		{"POST /work", may(account.Answer), s.work},
		{"POST /m/{id}/join", may(account.Answer), s.join},
		{"POST /m/{id}/request", may(account.Answer), s.requestOfMail},
		{"POST /m/{id}/split", may(account.Answer), s.split},
		{"GET /m/{id}/body", may(account.Read), s.body},
		{"GET /m/{id}/source", may(account.Read), s.source},
		{"GET /m/{id}/file/{part}", may(account.Read), s.attachment},
		{"GET /write", signedIn, s.compose},
		{"POST /write", may(account.Answer), s.sendNew},
		{"GET /search", signedIn, s.searchPage},
		{"POST /search", signedIn, s.search},
		{"GET /found/{token}", signedIn, s.found},
		{"GET /live", signedIn, s.live},

		{"GET /more", signedIn, s.more},
		{"GET /keys", signedIn, s.keys},

		{"GET /requests", mayDo(account.FindPersons), s.requestsPage},
		{"POST /requests", mayDo(account.FindPersons), s.addRequest},
		{"GET /requests/{id}", mayDo(account.FindPersons), s.requestPage},
		{"POST /requests/{id}", mayDo(account.FindPersons), s.workRequest},
		{"POST /notices/{id}", mayDo(account.FindPersons), s.workNotice},
		{"GET /privacy", mayDo(account.FindPersons), s.findPage},
		{"POST /privacy", mayDo(account.FindPersons), s.find},
		{"GET /privacy/letter", mayDo(account.FindPersons), s.letterPage},
		{"POST /privacy/letter", mayDo(account.FindPersons), s.saveLetter},
		{"GET /privacy/{id}", mayDo(account.FindPersons), s.person},
		{"GET /privacy/{id}/unread", mayDo(account.FindPersons), s.unreadPage},
		{"POST /privacy/{id}/unread", mayDo(account.FindPersons), s.looked},
		{"GET /privacy/{id}/unread/part", mayDo(account.FindPersons), s.unreadPart},
		{"POST /privacy/{id}/more", mayDo(account.FindPersons), s.findMore},
		{"POST /privacy/{id}/decide", mayDo(account.FindPersons), s.decide},
		{"POST /privacy/{id}/again", mayDo(account.FindPersons), s.findAgain},
		{"POST /privacy/{id}/widen", mayDo(account.FindPersons), s.widen},
		{"POST /privacy/{id}/cancel", mayDo(account.FindPersons), s.cancelJob},
		{"GET /privacy/{id}/export", mayDo(account.FindPersons), s.exportForm},
		{"POST /privacy/{id}/export", mayDo(account.FindPersons), s.exportPerson},
		{"POST /exports/{id}/link", mayDo(account.FindPersons), s.exportLink},
		{"GET /exports/{id}", mayDo(account.FindPersons), s.exportFile},
		{"POST /privacy/{id}/plan", mayDo(account.FindPersons), s.plan},
		{"GET /privacy/{id}/plan", mayDo(account.ApproveErase), s.planPage},
		{"POST /privacy/{id}/approve", mayDo(account.ApproveErase), s.approve},
		{"GET /privacy/{id}/job", mayDo(account.ApproveErase), s.jobPage},
		{"POST /privacy/{id}/run", mayDo(account.ApproveErase), s.jobRun},
		{"GET /privacy/{id}/receipt", mayDo(account.ApproveErase), s.receiptPage},
		{"GET /privacy/{id}/receipt.txt", mayDo(account.ApproveErase), s.receiptFile},
		{"GET /privacy/{id}/receipt.pdf", mayDo(account.ApproveErase), s.receiptPDF},
		{"GET /receipts/check", signedIn, s.receiptCheckPage},
		{"POST /receipts/check", signedIn, s.receiptCheck},

		{"GET /retention", mayDo(account.FindPersons), s.retentionPage},
		{"POST /holds", mayDo(account.FindPersons), s.hold},
		{"POST /holds/{id}/lift", mayDo(account.FindPersons), s.liftHold},
		{"POST /restrictions", mayDo(account.FindPersons), s.restrict},
		{"GET /restrictions/{id}", mayDo(account.FindPersons), s.restrictionPage},
		{"POST /restrictions/{id}", mayDo(account.FindPersons), s.openRestriction},
		{"POST /restrictions/{id}/lift", mayDo(account.FindPersons), s.liftRestriction},

		{"GET /log", may(account.ReadLog), s.logPage},
		{"POST /log/export", may(account.ReadLog), s.logFile},
		{"POST /log/verify", mayDo(account.ReadLog), s.verifyLog},
		{"GET /log/mine", signedIn, s.myLog},

		{"GET /snapshots", mayDo(account.Snapshots), s.snapshotsPage},
		{"POST /snapshots", mayDo(account.Snapshots), s.makeSnapshot},
		{"POST /snapshots/policy", mayDo(account.OwnSnapshots), s.snapshotPolicy},
		{"POST /snapshots/drill", mayDo(account.OwnSnapshots), s.drill},
		{"GET /snapshots/key", mayDo(account.OwnSnapshots), s.keyPage},
		{"POST /snapshots/key", mayDo(account.OwnSnapshots), s.makeKey},
		{"POST /snapshots/key/file", mayDo(account.OwnSnapshots), s.keyFile},
		{"POST /snapshots/key/confirm", mayDo(account.OwnSnapshots), s.confirmKey},

		{"GET /mailboxes", signedIn, s.mailboxesPage},
		{"GET /mailboxes/new", mayDo(account.ManageMailboxes), s.newMailbox},
		{"POST /mailboxes/new", mayDo(account.ManageMailboxes), s.guessMailbox},
		{"POST /mailboxes", mayDo(account.ManageMailboxes), s.addMailbox},
		{"GET /mailboxes/consent", signedIn, s.consented},
		{"GET /mailboxes/{id}", maySettle, s.mailboxPage},
		{"GET /mailboxes/{id}/edit", maySettle, s.mailboxEdit},
		{"POST /mailboxes/{id}", maySettle, s.changeMailbox},
		{"GET /mailboxes/{id}/consent", maySettle, s.consentPage},
		{"POST /mailboxes/{id}/consent", maySettle, s.saveConsent},
		{"POST /mailboxes/{id}/rights", may(account.Manage), s.grant},
		{"GET /mailboxes/{id}/folders", maySettle, s.foldersPage},
		{"POST /mailboxes/{id}/folders", maySettle, s.chooseFolders},
		{"POST /mailboxes/{id}/retry", maySettle, s.retryFetch},
		{"POST /mailboxes/{id}/deleted", maySettle, s.chooseDeleted},

		{"GET /people", mayDo(account.ManagePeople), s.peoplePage},
		{"POST /people", mayDo(account.ManagePeople), s.invite},
		{"POST /people/{id}", mayDo(account.ManagePeople), s.changePerson},
		{"GET /me", signedIn, s.mePage},
		{"POST /me", signedIn, s.saveMe},
		{"POST /me/password", signedIn, s.changePassword},
		{"POST /me/sessions/{id}", signedIn, s.endSession},

		{"GET /state", mayDo(account.SeeState), s.statePage},
		{"GET /disk", mayDo(account.OwnSnapshots), s.diskPage},
		{"POST /disk", mayDo(account.OwnSnapshots), s.confirmDisk},
		{"GET /healthz", public, s.healthz},
		{"GET /metrics", mayDo(account.SeeState), s.metrics},
	}
}

// who may use a route.
type who struct {
	public bool
	act    account.Act
	scope  scope
}

// scope says where act is asked for.
type scope uint8

const (
	anywhere  scope = iota // any signed-in person
	house                  // account.MayDo, here, before the handler
	inMailbox              // account.MayIn the thing's one mailbox, by the use case
	settings               // account.ManageMailboxes, or account.Manage of the mailbox, by the use case
)

var (
	public   = who{public: true}
	signedIn = who{}
	// maySettle changes a mailbox: who connects them, and who manages that one.
	maySettle = who{act: account.Manage, scope: settings}
)

// mayDo asks for an act on the whole instance; may for one in the mailbox of what
// the path names.
func mayDo(act account.Act) who { return who{act: act, scope: house} }
func may(act account.Act) who   { return who{act: act, scope: inMailbox} }

// mux wires the table.
func (s *Server) mux() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range s.routes() {
		mux.Handle(rt.pattern, s.guard(rt))
	}
	mux.Handle("/", s.guard(route{who: public, do: func(http.ResponseWriter, *http.Request, account.Agent) error { return errNoPage }}))
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(s.guard(route{who: public, do: func(http.ResponseWriter, *http.Request, account.Agent) error { return errForeign }}))
	return s.harden(cross.Handler(mux))
}

// guard finds out who asks, refuses who may not, and turns errors into pages.
func (s *Server) guard(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, err := s.whoAsks(w, r)
		if err == nil && !rt.who.public {
			err = admit(rt.who, by)
		}
		if err == nil {
			err = readForm(w, r)
		}
		if err == nil {
			err = rt.do(w, r, by)
		}
		if err != nil {
			s.fail(w, r, by, err)
		}
	})
}

func admit(who who, by account.Agent) error {
	if by.ID == 0 {
		return errSignIn
	}
	if who.scope == house && !account.MayDo(by, who.act) {
		return errMayNot
	}
	return nil
}
