package imapsync

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"postolka/desk"
	"postolka/imapsync/imaptest"
	"postolka/mail"
	"postolka/oauth"
	"postolka/store"
)

var (
	chaosCount  = flag.Int("chaos", 6, "how many schedules TestChaos runs")
	chaosSeed   = flag.Uint64("chaos-seed", 0, "seed of the first schedule; 0: drawn")
	chaosAtOnce = flag.Int("chaos-at-once", 2, "schedules run at once")
)

const (
	chaosChild = "POSTOLKA_CHAOS_DATA" // set: this process is the client to be killed
	chaosStuck = 45 * time.Second      // nothing new for so long in fair weather
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(chaosChild); dir != "" {
		if err := chaosClient(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// chaosClient keeps the mailbox in dir in sync until it is killed, or until its
// parent is gone, and says how many messages are here.
func chaosClient(dir string) error {
	patienceBusy = 700 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	go func() { io.Copy(io.Discard, os.Stdin); cancel() }()
	s, err := store.Open(ctx, dir, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	go func() {
		for last := -1; ; time.Sleep(3 * time.Millisecond) {
			n := 0
			if s.View(func(tx *store.Tx) error { n = store.Messages.Len(tx); return nil }) != nil {
				return
			}
			if n != last {
				fmt.Println(n)
				last = n
			}
		}
	}()
	y := New(s, desk.New(s, nil, nil, nil, desk.Options{}), oauth.New(s), nil)
	y.pace = chaosPace
	return y.Run(ctx)
}

var chaosPace = pace{retry: 10 * time.Millisecond, retryMax: 80 * time.Millisecond, refused: time.Second, refusedMax: time.Second,
	poll: 150 * time.Millisecond, noop: 50 * time.Millisecond, again: 20 * time.Millisecond, batch: 4}

// TestChaos: a client process syncs a mailbox of a real Dovecot through a storm,
// while mail comes, moves between folders and goes, folders are renamed and
// numbered anew, connections drop, and the client is killed. Then the storm ends,
// and soon everything that was ever on the server is here, once.
//
// What happens is drawn from a seed, which is told; -chaos-seed N -chaos 1 does it again.
func TestChaos(t *testing.T) {
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64N(1 << 40)
	}
	d := imaptest.NewDovecot(t, "mail_max_userip_connections = 100", "verbose_proctitle = yes", "service imap-login {\n service_count = 0\n process_min_avail = 2\n}")
	var sum chaosSum
	next := make(chan uint64)
	var all sync.WaitGroup
	for range *chaosAtOnce {
		all.Go(func() {
			for seed := range next {
				sum.add(t, seed, newChaos(t, d, seed).run())
			}
		})
	}
	for i := range *chaosCount {
		next <- seed + uint64(i)
	}
	close(next)
	all.Wait()
	t.Log(&sum)
	sum.shown(t)
}

// chaosEnd is how a schedule ended.
type chaosEnd struct {
	mails, lost, twice, strange, stuck    int
	kills, drops, renumbered, moved, gone int
	struck                                map[string]int
	took                                  time.Duration
	wrong                                 []string
}

type chaosSum struct {
	mutex sync.Mutex
	chaosEnd
	schedules int
	bad       []uint64
}

func (s *chaosSum) add(t *testing.T, seed uint64, e chaosEnd) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.schedules++
	for _, n := range []struct {
		to *int
		by int
	}{{&s.mails, e.mails}, {&s.lost, e.lost}, {&s.twice, e.twice}, {&s.strange, e.strange}, {&s.stuck, e.stuck},
		{&s.kills, e.kills}, {&s.drops, e.drops}, {&s.renumbered, e.renumbered}, {&s.moved, e.moved}, {&s.gone, e.gone}} {
		*n.to += n.by
	}
	if s.struck == nil {
		s.struck = map[string]int{}
	}
	for f, n := range e.struck {
		s.struck[f] += n
	}
	s.took += e.took
	if e.lost+e.twice+e.strange+e.stuck+len(e.wrong) > 0 {
		s.bad = append(s.bad, seed)
		t.Errorf("seed %d: of %d messages %d lost, %d twice, %d strange, %d stuck; %s", seed, e.mails, e.lost, e.twice, e.strange, e.stuck, strings.Join(e.wrong, "; "))
	}
	if s.schedules%100 == 0 {
		fmt.Println(time.Now().Format("15:04:05"), s)
	}
}

func (s *chaosSum) String() string {
	faults := make([]string, 0, len(s.struck))
	for _, f := range slices.Sorted(maps.Keys(s.struck)) {
		faults = append(faults, fmt.Sprintf("%s %d", f, s.struck[f]))
	}
	return fmt.Sprintf("%d schedules, %d messages: %d lost, %d twice, %d strange, %d stuck; %d kill -9, %d reconnects forced, %d folders numbered anew or renamed, %d messages moved, %d deleted at the server; faults: %s; %d schedules wrong %v; %v a schedule",
		s.schedules, s.mails, s.lost, s.twice, s.strange, s.stuck, s.kills, s.drops, s.renumbered, s.moved, s.gone, strings.Join(faults, ", "), len(s.bad), s.bad, (s.took / time.Duration(max(1, s.schedules))).Round(time.Millisecond))
}

// shown: a run in which nothing went wrong on the way shows nothing. A few
// schedules need not have everything.
func (s *chaosSum) shown(t *testing.T) {
	many := s.schedules >= 20
	if s.kills == 0 || many && (s.drops == 0 || s.renumbered == 0 || s.moved == 0 || s.gone == 0 || len(s.struck) < 7) {
		t.Errorf("too little happened: %v", s)
	}
}

// chaos is one schedule.
type chaos struct {
	t       *testing.T
	random  *rand.Rand
	server  *imaptest.Dovecot
	storm   *imaptest.Storm
	data    string
	mailbox store.MailboxID
	key     []byte
	folders []string
	put     map[mail.Identity]bool
	client  *chaosProcess
	end     chaosEnd
	serial  int
	seed    uint64
}

func newChaos(t *testing.T, d *imaptest.Dovecot, seed uint64) *chaos {
	random := rand.New(rand.NewPCG(seed, 4))
	c := &chaos{t: t, random: random, seed: seed, folders: []string{"INBOX", "Sent", "Orders", "Archive/2024"}, put: map[mail.Identity]bool{}}
	c.server = d.Of(t, fmt.Sprintf("shop%d", seed))
	c.storm = imaptest.NewStorm(t, c.server.Settings(store.Plain), rand.New(rand.NewPCG(seed, 5)))
	var err error
	if c.data, err = os.MkdirTemp(os.Getenv("POSTOLKA_CHAOS_TMP"), "chaos"); err != nil {
		t.Fatal(err)
	}
	c.open(func(s *store.Store) {
		c.key = s.Keys().Identity()
		srv := c.storm.Settings(store.Plain)
		srv.User = c.server.Settings(store.Plain).User
		srv.Secret = s.Keys().SealPassword(srv, imaptest.Password)
		if err := s.Update(func(tx *store.Tx) (err error) {
			c.mailbox, err = store.Mailboxes.Insert(tx, store.Mailbox{Name: "shop", Address: "shop@example.org", IMAP: srv, Follow: store.Follow{Since: time.Unix(1, 0)}})
			return err
		}); err != nil {
			t.Error(err)
		}
	})
	return c
}

// open is for between two clients.
func (c *chaos) open(do func(s *store.Store)) {
	s, err := store.Open(context.Background(), c.data, store.Options{})
	if err != nil {
		c.wrong("open the store: %v", err)
		return
	}
	do(s)
	if err := s.Close(); err != nil {
		c.wrong("close the store: %v", err)
	}
}

func (c *chaos) wrong(format string, args ...any) {
	c.end.wrong = append(c.end.wrong, fmt.Sprintf(format, args...))
}

func (c *chaos) run() chaosEnd {
	began := time.Now()
	defer os.RemoveAll(c.data)
	c.deliver(20 + c.random.IntN(40))
	c.storm.Blow(3 + c.random.IntN(20))
	c.start()
	for range 3 + c.random.IntN(6) {
		time.Sleep(time.Duration(c.random.IntN(120)) * time.Millisecond)
		c.something()
	}
	c.storm.Blow(0)
	if c.client == nil {
		c.start()
	}
	c.settle()
	c.kill()
	c.end.mails = len(c.put)
	c.end.struck = c.storm.Counts()
	c.open(c.compare)
	c.storm.Pause(true)
	c.end.took = time.Since(began)
	return c.end
}

// something happens on the server, on the way, or to the client.
func (c *chaos) something() {
	switch c.random.IntN(9) {
	case 0, 1:
		c.kill()
		if c.random.IntN(3) == 0 {
			c.open(c.remove)
		}
		if c.random.IntN(3) == 0 {
			c.renumber()
		}
		c.start()
	case 2:
		c.storm.Drop()
		c.end.drops++
	case 3:
		c.renumber()
	case 4, 5:
		c.move(1 + c.random.IntN(8))
	case 6:
		c.rename()
	default:
		c.deliver(1 + c.random.IntN(10))
	}
}

// deliver puts mails of many sorts into the folders.
func (c *chaos) deliver(n int) {
	for range n {
		raw := c.letter()
		c.put[mail.Strict(c.key, raw)] = true
		c.server.Put(c.t, c.folder(), imaptest.Mail{Raw: raw})
		if c.random.IntN(6) == 0 { // the same in another folder, or again in the same
			c.server.Put(c.t, c.folder(), imaptest.Mail{Raw: raw})
		}
	}
}

func (c *chaos) folder() string {
	if c.random.IntN(2) == 0 {
		return "INBOX"
	}
	return c.folders[c.random.IntN(len(c.folders))]
}

func (c *chaos) letter() []byte {
	c.serial++
	id := c.serial
	if c.random.IntN(8) == 0 {
		id = 1 // as carriers do: one Message-ID for many
	}
	raw := fmt.Appendf(nil, "From: Eva <eva@example.com>\r\nTo: shop@example.org\r\nSubject: order %d\r\nMessage-ID: <m%d@example.com>\r\nDate: Mon, 02 Mar 2026 10:00:00 +0100\r\n\r\nWhere is order %d of %d?\r\n", c.serial, id, c.serial, c.seed)
	switch c.random.IntN(10) {
	case 0: // what a reader that lost count would take for the end
		raw = append(raw, ")\r\nT5 OK done\r\n* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n* 0 EXISTS\r\n"...)
	case 1:
		raw = append(raw, bytes.Repeat([]byte("a longer line of a longer mail\r\n"), c.random.IntN(8000))...)
	case 2:
		raw = append(raw, 0xff, 0xfe, '\r', '\n', '(', '(', '"', '{')
	}
	return raw
}

// pause: while nobody is connected, Dovecot's files may be changed.
func (c *chaos) pause(change func()) {
	c.storm.Pause(true)
	c.server.Quiet(c.t)
	change()
	c.storm.Pause(false)
}

func (c *chaos) renumber() {
	c.pause(func() {
		for _, f := range c.folders {
			if c.random.IntN(2) == 0 && len(c.server.Files(c.t, f)) > 0 {
				c.server.Shuffle(c.t, f, c.random)
				c.end.renumbered++
			}
		}
	})
}

// rename gives the last folder another name, or makes its former name anew.
func (c *chaos) rename() {
	last := len(c.folders) - 1
	from, to := c.folders[last], fmt.Sprintf("Archive/%d", 2000+c.random.IntN(1000))
	if slices.Contains(c.folders, to) || len(c.server.Files(c.t, from)) == 0 {
		return
	}
	c.pause(func() { c.server.Rename(c.t, from, to) })
	c.folders[last] = to
	c.end.renumbered++
}

func (c *chaos) move(n int) {
	from, to := c.folder(), c.folder()
	files := c.server.Files(c.t, from)
	if from == to {
		return
	}
	for range min(n, len(files)) {
		if c.server.Move(c.t, files[c.random.IntN(len(files))], to) {
			c.end.moved++
		}
	}
}

// remove deletes at the server some of what is here already: it stays here.
func (c *chaos) remove(s *store.Store) {
	got := identities(c.t, s)
	for _, path := range c.server.Files(c.t, c.folder()) {
		raw, err := os.ReadFile(path)
		if err == nil && got[mail.Strict(c.key, raw)] > 0 && c.random.IntN(3) == 0 && os.Remove(path) == nil {
			c.end.gone++
		}
	}
}

func (c *chaos) start() {
	c.client = startChaos(c.t, c.data)
}

func (c *chaos) kill() {
	if c.client != nil {
		c.client.kill()
		c.end.kills++
		c.client = nil
	}
}

// settle waits until all is here. A client that ended by itself is an error.
func (c *chaos) settle() {
	want, last, since := int64(len(c.put)), int64(-1), time.Now()
	for c.client.messages.Load() < want {
		if n := c.client.messages.Load(); n != last {
			last, since = n, time.Now()
		}
		if time.Since(since) > chaosStuck || c.client.ended() {
			c.end.stuck = int(want - last)
			c.wrong("client: %s", c.client.hangsAt())
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // for one too many
}

// compare counts by identity, and lets another pass find nothing new.
func (c *chaos) compare(s *store.Store) {
	got := identities(c.t, s)
	for id := range c.put {
		if got[id] == 0 {
			c.end.lost++
		}
	}
	for id, n := range got {
		if !c.put[id] {
			c.end.strange++
		}
		if n > 1 {
			c.end.twice++
		}
	}
	if c.end.lost > 0 {
		c.wrong("folders here: %q", folderStates(s))
		c.wrong("folders there: %q", c.serverStates())
	}
	y := New(s, desk.New(s, nil, nil, nil, desk.Options{}), oauth.New(s), nil)
	y.pace = chaosPace
	changeMailbox(c.t, s, c.mailbox, func(m *store.Mailbox) { m.RetryAt = time.Now().UTC() })
	pass, err := y.Once(context.Background(), c.mailbox, nil)
	if err != nil || pass.Added+pass.Quarantined > 0 {
		c.wrong("a last pass in fair weather: %+v, %v", pass, err)
	}
	for _, f := range pass.Folders {
		if f.Server != f.Here {
			c.wrong("%s: %d on the server, %d here", f.Name, f.Server, f.Here)
		}
	}
	problems, err := s.Check(context.Background())
	if err != nil || len(problems) > 0 {
		c.wrong("store: %v %v", problems, err)
	}
}

// folderStates are the records of folders, with how many messages are said to lie in them.
func folderStates(s *store.Store) (all []string) {
	s.View(func(tx *store.Tx) error {
		for id, f := range store.Folders.All(tx) {
			all = append(all, fmt.Sprintf("%+v with %d sources", f, store.SourcesByPlace.Count(tx, store.Key(id, f.UIDValidity))))
		}
		return nil
	})
	return all
}

// serverStates are the folders as another client sees them, and as they lie on the disk.
func (c *chaos) serverStates() (all []string) {
	client := imaptest.Dial(c.t, c.server)
	for _, f := range c.folders {
		status, err := client.Status(f, &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true}).Wait()
		if err != nil {
			all = append(all, f+": "+err.Error())
			continue
		}
		all = append(all, fmt.Sprintf("%s: STATUS %d next %d validity %d, %d files", f, *status.NumMessages, status.UIDNext, status.UIDValidity, len(c.server.Files(c.t, f))))
	}
	return all
}

func identities(t testing.TB, s *store.Store) map[mail.Identity]int {
	got := map[mail.Identity]int{}
	err := s.View(func(tx *store.Tx) error {
		clear(got)
		for _, m := range store.Messages.All(tx) {
			got[m.Strict]++
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return got
}

// chaosProcess is a client process.
type chaosProcess struct {
	cmd      *exec.Cmd
	stdin    io.WriteCloser
	messages atomic.Int64
	trouble  bytes.Buffer // to be read after the end
	done     chan struct{}
}

func startChaos(t testing.TB, data string) *chaosProcess {
	p := &chaosProcess{cmd: exec.Command(os.Args[0]), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), chaosChild+"="+data)
	p.cmd.Dir = filepath.Dir(data)
	p.cmd.Stderr = &p.trouble
	p.messages.Store(-1)
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		p.stdin, err = p.cmd.StdinPipe()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Error(err)
		close(p.done)
		return p
	}
	go func() {
		defer close(p.done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				p.messages.Store(int64(n))
			}
		}
		p.cmd.Wait()
	}()
	return p
}

func (p *chaosProcess) kill() {
	if p.cmd.Process != nil {
		p.cmd.Process.Kill()
	}
	<-p.done
	p.stdin.Close()
}

// hangsAt ends the client so that it says where each goroutine is.
func (p *chaosProcess) hangsAt() string {
	p.cmd.Process.Signal(syscall.SIGQUIT)
	<-p.done
	return p.trouble.String()
}

func (p *chaosProcess) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}
