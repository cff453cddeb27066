package imapsync

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"postolka/store"
)

// CopyToSent appends raw to the Sent folder unless a message with that
// Message-ID is there: servers like Gmail put it there by themselves, and an
// earlier try may have got through. The folder is the mailbox's SentFolder, else
// the one marked \Sent, else one so named; if there is none it is made.
// messageIDHeader may be given with or without angle brackets.
func (y *Sync) CopyToSent(ctx context.Context, m store.MailboxID, messageIDHeader string, raw []byte) error {
	s, record, err := y.connect(ctx, m)
	if err != nil {
		return err
	}
	defer s.close()
	folder, err := s.sentFolder(record.SentFolder)
	if err != nil {
		return err
	}
	if _, err := s.examine(folder); err != nil {
		return fmt.Errorf("open the Sent folder: %w", err)
	}
	there, err := s.search(withHeader(messageIDHeader))
	if err != nil || len(there) > 0 {
		return err
	}
	return s.appendTo(folder, raw)
}

func (s *session) sentFolder(configured string) (string, error) {
	places, err := s.places()
	if err != nil {
		return "", fmt.Errorf("list folders: %w", err)
	}
	name, there := sentPlace(places, configured)
	if there {
		return name, nil
	}
	err = s.run(commandLimit, func() error {
		if name == "" {
			name = newSentName(s.client)
		}
		return s.client.Create(name, nil).Wait()
	})
	if err != nil {
		return "", fmt.Errorf("make the Sent folder: %w", err)
	}
	return name, nil
}

// withHeader finds messages by Message-ID; the server looks for a substring.
func withHeader(id string) *imap.SearchCriteria {
	return &imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: strings.Trim(id, "<> ")}}}
}

func (s *session) appendTo(folder string, raw []byte) error {
	raw = withCRLF(raw)
	limit := commandLimit + time.Duration(len(raw)>>14)*time.Second
	err := s.run(limit, func() error {
		cmd := s.client.Append(folder, int64(len(raw)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}})
		_, err := cmd.Write(raw)
		if closeErr := cmd.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return err
		}
		_, err = cmd.Wait()
		return err
	})
	if err != nil {
		return fmt.Errorf("append to the Sent folder: %w", err)
	}
	return nil
}

// withCRLF ends lines as servers insist on.
func withCRLF(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}
