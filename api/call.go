package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
)

// Caller runs actions, here or in a running server.
type Caller interface {
	call(ctx context.Context, name string, request []byte, progress Progress) (json.RawMessage, error)
}

// Call runs an action by name; progress may be nil. An error is a *Failure when
// the action itself failed.
func Call[Result any](ctx context.Context, c Caller, name string, request any, progress Progress) (Result, error) {
	var result Result
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	raw, err := json.Marshal(request)
	if err != nil {
		return result, fmt.Errorf("encode request of %s: %w", name, err)
	}
	answer, err := c.call(ctx, name, raw, progress)
	if err != nil {
		return result, err
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		return result, fmt.Errorf("decode answer of %s: %w", name, err)
	}
	return result, nil
}

// Local runs actions on an opened data directory.
type Local struct{ App *App }

func (l Local) call(ctx context.Context, name string, request []byte, progress Progress) (json.RawMessage, error) {
	result, err := run(ctx, l.App, name, request, progress)
	if err != nil {
		return nil, Explain(err)
	}
	return result, nil
}

// Remote sends actions to the server that runs on a data directory.
type Remote struct{ client *http.Client }

// Dial connects to the server on dir; ok is false when none answers.
func Dial(dir string) (r Remote, ok bool) {
	path := filepath.Join(dir, Socket)
	conn, err := net.Dial("unix", path)
	if err != nil {
		return Remote{}, false
	}
	conn.Close()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
	return Remote{&http.Client{Transport: &http.Transport{DialContext: dial}}}, true
}

func (r Remote) call(ctx context.Context, name string, request []byte, progress Progress) (json.RawMessage, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://postolka/v1/"+name, bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("talk to the running server: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the running server answered %s", resp.Status)
	}
	return readAnswer(resp.Body, progress)
}

func readAnswer(body io.Reader, progress Progress) (json.RawMessage, error) {
	dec := json.NewDecoder(body)
	for {
		var l line
		if err := dec.Decode(&l); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("the running server broke off: %w", err)
		}
		switch {
		case l.Error != nil:
			return nil, l.Error
		case l.Result != nil:
			return l.Result, nil
		case l.Progress != nil:
			progress(l.Progress.What, l.Progress.Done, l.Progress.Total)
		}
	}
}
