// Package store keeps records, raw mail and its text under one data directory.
// It knows nothing of mail, people or rights: what is read here is not yet
// allowed to be shown. It alone imports bbolt; all packages above it may call it.
//
// # Vocabulary
//
// A record is a struct of a table (Messages, Customers); a field is one of its
// texts that may hold personal data. Content is what a volume keeps of a message:
// its raw bytes and its extracted text. A file is dirty while deleted bytes may
// lie in its free pages; a scrub overwrites them.
//
// # Layout
//
//	lock            flock of the process that has DATA open (shared by readers); the
//	                text "open" while a writer has it: found at a start, it tells a crash
//	postolka.db     records
//	audit.db        a file of package audit, by OpenFile
//	mail/000001.db  volumes, numbered without gaps
//	keys/           see Keys
//	dirty/          an empty file for each dirty file, mail/000001.db as mail-000001.db
//	tmp/            emptied at start
//	exports/ jobs/ index/ cache/ snapshots/   of other packages, declared here
//
// Folders are 0700, files 0600. Every table and path declares what personal data
// it may hold (Declared); an undeclared one fails a test.
//
// # postolka.db
//
// A bbolt file with these buckets:
//
//	meta        "schema": number of the last migration; "volumes": how many there
//	            must be (both uint64, big-endian like all numbers here)
//	counts      table → number of rows (uint64)
//	t/TABLE     id (uint64) → version of the encoding (1 byte), MessagePack map of the
//	            struct by field names, times as MessagePack timestamps in UTC. The
//	            bucket's sequence is the last id given: it never falls below one in use
//	i/TABLE/INDEX/VERSION   key (see Key) and id (8 bytes) → nothing
//
// # Volumes
//
// Buckets raw and text hold id (uint64) and number of the chunk (uint16) → one
// byte (1: more chunks follow, 0: the last) and a zstd frame with checksum over at
// most 1 MiB. A message without text has one empty chunk. A new volume begins
// when the next message might bring the last one over its limit.
//
// # Order of writing
//
// Ids are reserved, Add commits content, Update commits the record that names the
// volume, then the index follows. A start after a crash drops contents without a
// record and quarantines records without content (Recovery), looking at the two
// newest volumes only; Check looks at everything.
//
// # Transactions
//
// Any number of Views beside one Update at a time; concurrent Updates share a
// commit. A View may be opened inside a View or an Update, an Update inside
// neither. Files are mapped far beyond their size, so a commit never waits for
// readers; pages that a reader may see are not used again, so none should stay
// open for long. A scrub lets new transactions wait for some milliseconds, and
// gives way and tries again when an open one does not end.
package store

//msgp:ignore Options Store Tx Recovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	bolt "go.etcd.io/bbolt"
)

var (
	ErrNotFound = errors.New("not found")
	ErrInUse    = errors.New("data directory is in use by another process")
	ErrNewer    = errors.New("data was written by a newer version of the program")
	ErrDamaged  = errors.New("data file is damaged")
	ErrClosed   = errors.New("data directory is closed")
	// ErrRestoring: a restore did not come to its end, or is under way.
	ErrRestoring = errors.New("data is not restored completely: run the restore again")
	ErrFull      = errors.New("disk is full; nothing of this step was written, make room and try again")
)

// Options of Open; the zero value serves.
type Options struct {
	Log *slog.Logger // nil: discard
	// ReadOnly shares DATA with other readers, never with a writer; nothing is
	// created, migrated or recovered.
	ReadOnly bool
	// Restoring opens DATA that has RestoringMark; only package backup does.
	Restoring bool
	// VolumeBytes bounds a volume; 0: 256 MiB. Tests use small ones.
	VolumeBytes int64
}

// Store is one open data directory. All methods may be called from any goroutine.
type Store struct {
	dir  string
	opt  Options
	log  *slog.Logger
	lock *os.File
	keys *Keys

	records *dataFile
	volumes volumes

	mu        sync.Mutex
	files     map[string]*dataFile // given by OpenFile
	ids       idBlock
	scrubbing sync.Mutex
	dirtyMu   sync.Mutex
	dirty     map[string]bool // files with deleted bytes in free pages
	recovered Recovery
	closed    bool
}

const recordsName = "postolka.db"

// RestoringMark is a file in DATA while a restore fills it: what lies there is
// not complete, and may hold what was erased since the snapshot.
const RestoringMark = "restoring"

// Open locks dir, creates what is missing, migrates, recovers what a crash left,
// and opens it. Errors wrap ErrInUse, ErrNewer, ErrDamaged.
func Open(ctx context.Context, dir string, opt Options) (*Store, error) {
	return open(ctx, dir, opt, migrations)
}

func open(ctx context.Context, dir string, opt Options, steps []migration) (_ *Store, err error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.VolumeBytes == 0 {
		opt.VolumeBytes = defaultVolumeBytes
	}
	s := &Store{dir: dir, opt: opt, log: opt.Log, files: map[string]*dataFile{}, dirty: map[string]bool{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	if _, err := os.Lstat(filepath.Join(dir, RestoringMark)); err == nil && !opt.Restoring {
		return nil, fmt.Errorf("%s: %w", dir, ErrRestoring)
	}
	if err := s.prepareDir(); err != nil {
		return nil, err
	}
	crashed, err := s.takeLock()
	if err != nil {
		return nil, err
	}
	if err := s.loadDirty(); err != nil {
		return nil, err
	}
	if err := s.refuseWithoutRecords(); err != nil {
		return nil, err
	}
	if s.records, err = openDataFile(ctx, s, recordsName, recordsMmap); err != nil {
		return nil, err
	}
	if err := s.migrate(steps); err != nil {
		return nil, err
	}
	if err := s.volumes.find(s); err != nil {
		return nil, err
	}
	if s.keys, err = openKeys(filepath.Join(dir, "keys"), !opt.ReadOnly && s.volumes.newest() == 0); err != nil {
		return nil, err
	}
	if crashed && !opt.ReadOnly {
		if err := s.recover(ctx); err != nil {
			return nil, fmt.Errorf("recover: %w", err)
		}
	}
	return s, nil
}

// prepareDir makes the folders and empties tmp/.
func (s *Store) prepareDir() error {
	if s.opt.ReadOnly {
		if _, err := os.Stat(filepath.Join(s.dir, recordsName)); err != nil {
			return fmt.Errorf("open data directory: %w", err)
		}
		return nil
	}
	for _, name := range append([]string{""}, folders...) {
		if err := os.MkdirAll(filepath.Join(s.dir, name), 0o700); err != nil {
			return fmt.Errorf("create data directory: %w", err)
		}
	}
	return nil
}

var folders = []string{"mail", "keys", "tmp", "exports", "jobs", "index", "cache", "dirty"}

// takeLock holds DATA/lock until Close. The file is not empty while a writer has
// DATA open, so that the next one knows of a crash.
func (s *Store) takeLock() (crashed bool, err error) {
	flags, how := os.O_RDWR|os.O_CREATE, syscall.LOCK_EX
	if s.opt.ReadOnly {
		flags, how = os.O_RDONLY, syscall.LOCK_SH
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "lock"), flags, 0o600)
	if err != nil {
		return false, fmt.Errorf("lock data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return false, fmt.Errorf("%s: %w. Stop it first, or use its page or command line", s.dir, ErrInUse)
		}
		return false, fmt.Errorf("lock data directory: %w", err)
	}
	s.lock = f
	if s.opt.ReadOnly {
		return false, nil
	}
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	if err := emptyDir(filepath.Join(s.dir, "tmp")); err != nil {
		return false, err
	}
	if _, err := f.WriteAt([]byte("open\n"), 0); err != nil {
		return false, fmt.Errorf("lock data directory: %w", err)
	}
	return info.Size() > 0, f.Sync()
}

func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// Close waits for open transactions and ends the lock. It may be called twice.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	err := s.returnIDs()
	if !s.opt.ReadOnly && err == nil {
		err = s.lock.Truncate(0) // nothing is under way: the next start need not recover
	}
	return errors.Join(err, s.release())
}

func (s *Store) release() error {
	var errs []error
	s.mu.Lock()
	for _, f := range s.files {
		errs = append(errs, f.close())
	}
	clear(s.files)
	s.mu.Unlock()
	errs = append(errs, s.volumes.close())
	if s.records != nil {
		errs = append(errs, s.records.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// Dir is the data directory.
func (s *Store) Dir() string { return s.dir }

// Keys of this instance (DATA/keys).
func (s *Store) Keys() *Keys { return s.keys }

// Tx is a transaction over the records; valid only inside its function.
type Tx struct {
	s  *Store
	tx *bolt.Tx
}

// View runs fn over a consistent state. Never wait for a network or a client in it.
func (s *Store) View(fn func(tx *Tx) error) error {
	return s.records.view(func(tx *bolt.Tx) error { return fn(&Tx{s, tx}) })
}

// Update runs fn and commits durably. Concurrent calls share a commit, so fn may
// run more than once and must have no other effect. Never call Update inside a
// View or an Update: it would wait for itself.
func (s *Store) Update(fn func(tx *Tx) error) error {
	return s.records.batch(func(tx *bolt.Tx) error { return fn(&Tx{s, tx}) })
}

// OnCommit runs fn after the transaction has become durable.
func (tx *Tx) OnCommit(fn func()) { tx.tx.OnCommit(fn) }

// Writable says whether tx comes from Update.
func (tx *Tx) Writable() bool { return tx.tx.Writable() }
