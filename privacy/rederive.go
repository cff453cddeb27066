package privacy

import (
	"context"
	"fmt"

	"postolka/store"
)

// Rederive reads again what an older version could not read, or not whole, so that
// find sees it. Each message is done by itself, and stopping loses nothing: the next
// call goes on. Erasures wait for one message at most.
func (p *Privacy) Rederive(ctx context.Context, progress func(done, total int)) error {
	ids, err := p.Desk.Outdated(ctx)
	if err != nil {
		return fmt.Errorf("derive texts again: %w", err)
	}
	again := 0
	for i, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		done, err := p.rederive(ctx, id)
		if err != nil {
			return err
		}
		if done {
			again++
		}
		if progress != nil {
			progress(i+1, len(ids))
		}
	}
	if again > 0 {
		p.Logger.Info("texts derived again", "messages", again)
	}
	return p.Desk.Rederived()
}

func (p *Privacy) rederive(ctx context.Context, id store.MessageID) (bool, error) {
	p.running.Lock()
	defer p.running.Unlock()
	return p.Desk.Rederive(ctx, id)
}
