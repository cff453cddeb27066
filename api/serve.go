package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"postolka/account"
)

// Socket is where a running server listens, inside the data directory.
const Socket = "control.sock"

const maxRequest = 16 << 20

type progressLine struct {
	What  string `json:"what"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
}

// line is one line of an answer; exactly one field is set.
type line struct {
	Progress *progressLine   `json:"progress,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"`
	Error    *Failure        `json:"error,omitempty"`
}

// Handler answers actions for the command line of the host.
func Handler(app *App) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/{name}", func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if err != nil {
			http.Error(w, "request too long", http.StatusRequestEntityTooLarge)
			return
		}
		answer(r.Context(), app, r.PathValue("name"), raw, w)
	})
	return mux
}

func answer(ctx context.Context, app *App, name string, raw []byte, w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := &lines{enc: json.NewEncoder(w), flush: http.NewResponseController(w)}
	result, err := run(ctx, app, name, raw, out.progress)
	if err != nil {
		out.write(line{Error: Explain(err)})
		return
	}
	out.write(line{Result: result})
}

// lines writes an answer line by line, progress at most every 100 ms.
type lines struct {
	mu    sync.Mutex
	enc   *json.Encoder
	flush *http.ResponseController
	last  time.Time
}

func (l *lines) progress(what string, done, total int64) {
	l.mu.Lock()
	due := time.Since(l.last) >= 100*time.Millisecond
	if due {
		l.last = time.Now()
	}
	l.mu.Unlock()
	if due {
		l.write(line{Progress: &progressLine{what, done, total}})
	}
}

// write drops the error of a client that went away: the action goes on, and its outcome stands in the log.
func (l *lines) write(v line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.enc.Encode(v) == nil {
		_ = l.flush.Flush()
	}
}

func run(ctx context.Context, app *App, name string, raw []byte, progress Progress) (json.RawMessage, error) {
	do, ok := actions[name]
	if !ok {
		return nil, Usage(fmt.Sprintf("there is no action %q", name))
	}
	result, err := do(ctx, app, account.HostAgent(), raw, progress)
	if err != nil {
		return nil, err
	}
	return json.Marshal(result)
}

// Listen opens control.sock in the data directory, with mode 0600. A socket left
// by a crash is replaced: the caller holds the lock of the directory.
func Listen(dir string) (net.Listener, error) {
	path := filepath.Join(dir, Socket)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove old control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("protect control socket: %w", err)
	}
	return l, nil
}
