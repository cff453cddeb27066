package privacy

import (
	"context"
	"errors"
	"slices"
	"strings"

	"postolka/mail"
	"postolka/ocr"
	"postolka/store"
)

// Recognise has the pictures and scans of messages above an id read that were not yet,
// so that find sees what they show; the next call needs to look above last only. A
// message is done by itself: stopping loses nothing. A picture is read while nothing
// waits; only to keep what it says, an erasure waits.
func (p *Privacy) Recognise(ctx context.Context, reader *ocr.Reader, after store.MessageID) (last store.MessageID, err error) {
	last, _, err = p.highMark()
	if err != nil {
		return after, err
	}
	ids, err := p.Desk.Unrecognised(reader.Name(), after)
	if err != nil {
		return after, err
	}
	if err := p.recognise(ctx, reader, ids); err != nil {
		return after, err
	}
	return last, nil
}

func (p *Privacy) recognise(ctx context.Context, reader *ocr.Reader, ids []store.MessageID) error {
	for _, id := range ids {
		raw, err := p.Store.RawBytes(id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		list, err := recognised(ctx, reader, raw)
		if err != nil {
			return err
		}
		if err := p.keepRecognised(ctx, id, raw, reader.Name(), list); err != nil {
			return err
		}
	}
	if len(ids) > 0 {
		p.Logger.Info("text of pictures recognised", "messages", len(ids))
	}
	return nil
}

func (p *Privacy) keepRecognised(ctx context.Context, id store.MessageID, raw []byte, by string, list []mail.Recognition) error {
	p.running.Lock()
	defer p.running.Unlock()
	return p.Desk.AddRecognised(ctx, id, raw, by, list)
}

// mostPictures bounds those of one message: at a minute each it delays the others by
// no more than that many.
const mostPictures = 60

// recognised reads the pictures of one message.
func recognised(ctx context.Context, reader *ocr.Reader, raw []byte) (list []mail.Recognition, err error) {
	for n, picture := range mail.Pictures(mail.Parse(raw)) {
		r := of(&list, picture.Path)
		if n >= mostPictures || picture.Data == nil {
			r.Blank = true
			continue
		}
		switch text, err := reader.Text(ctx, picture.Data); {
		case errors.Is(err, ocr.ErrFailed), errors.Is(err, ocr.ErrLimit):
			r.Reason = err.Error()
		case err != nil:
			return nil, err
		case text == "":
			r.Blank = true
		default:
			r.Text = strings.TrimSpace(r.Text + "\n\n" + text)
		}
	}
	return list, nil
}

func of(list *[]mail.Recognition, path string) *mail.Recognition {
	i := slices.IndexFunc(*list, func(r mail.Recognition) bool { return r.Path == path })
	if i < 0 {
		*list = append(*list, mail.Recognition{Path: path})
		i = len(*list) - 1
	}
	return &(*list)[i]
}
