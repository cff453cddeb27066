package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrNoObject is what Target.Get returns for a name that is not there.
var ErrNoObject = errors.New("no such object at the snapshot target")

// Target is where objects lie: a directory, later S3 and SFTP. Methods may be
// called from any goroutine. An implementation passes targettest.Run.
type Target interface {
	// Put stores what r gives under name, whole or not at all: when it returns
	// nil the object is there and synced; when r or the target fails, an object
	// that was there before is unchanged and no part of the new one is listed.
	// Names are relative, of [a-z0-9/.-], without empty or dotted elements.
	Put(ctx context.Context, name string, r io.Reader) (int64, error)
	// Get opens an object; ErrNoObject when there is none.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// List gives whole objects whose name begins with prefix, sorted by name.
	List(ctx context.Context, prefix string) ([]Object, error)
	// Delete removes an object; one that is not there is no error.
	Delete(ctx context.Context, name string) error
}

// Object at a target.
type Object struct {
	Name  string
	Bytes int64
}

// CheckName says whether a name may be used at every kind of target.
func CheckName(name string) error {
	for element := range strings.SplitSeq(name, "/") {
		if element == "" || element[0] == '.' {
			return fmt.Errorf("object name %q has an empty or hidden element", name)
		}
	}
	for _, c := range []byte(name) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '/' || c == '.' || c == '-') {
			return fmt.Errorf("object name %q: only a-z, 0-9, slash, dot and hyphen", name)
		}
	}
	return nil
}
