package privacy

import (
	"errors"
	"slices"

	"postolka/match"
	"postolka/store"
)

// otherJobs takes out of every other open job what is erased here. A saved find
// that asks for nothing else ends; one that also asks for others forgets what it
// asked of this person and found, until it is run again; all lose the places in
// these messages.
func (p *Privacy) otherJobs(r *erasure) (ended int64, err error) {
	matcher, err := match.NewMatcher(r.file.Selectors)
	if err != nil {
		return 0, err
	}
	jobs, err := p.openJobs(r.id)
	if err != nil {
		return 0, err
	}
	gone := idSet{}
	for _, it := range append(r.erased(), r.redacted()...) {
		gone[it.Message] = struct{}{}
	}
	for id, job := range jobs {
		f, err := p.loadFile(id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return ended, err
		}
		others := withoutPerson(f.Selectors, matcher)
		switch shared := len(f.Selectors) - len(others); {
		case job.State == store.JobPlanned && shared > 0 && len(others) == 0:
			err = p.end(id)
			ended++
		case job.State == store.JobPlanned && shared > 0:
			err = p.edited(id, file{Selectors: others, Decisions: map[store.MessageID]MessageDecision{}})
		case f.forget(gone, matcher):
			err = p.saveFile(id, f)
		}
		if err != nil {
			return ended, err
		}
	}
	return ended, nil
}

func (p *Privacy) openJobs(but store.JobID) (jobs map[store.JobID]store.Job, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		jobs = map[store.JobID]store.Job{}
		for id, job := range store.Jobs.All(tx) {
			if id != but && job.State != store.JobDone && job.State != store.JobCancelled {
				jobs[id] = job
			}
		}
		return nil
	})
	return jobs, err
}

func withoutPerson(sel []match.Identifier, matcher *match.Matcher) []match.Identifier {
	return slices.DeleteFunc(slices.Clone(sel), func(id match.Identifier) bool { return len(matcher.Find([]byte(id.Value))) > 0 })
}

// forget drops the places in messages that are gone, those in records that show the
// person, and what was proposed from either or from any card. An approved plan keeps
// its items: the job itself finds that they are gone.
func (f *file) forget(gone idSet, matcher *match.Matcher) (changed bool) {
	hits, records := len(f.Finding.Hits), len(f.Finding.Records)
	f.Finding.Hits = slices.DeleteFunc(f.Finding.Hits, func(h Hit) bool {
		_, is := gone[h.Message]
		return is
	})
	f.Finding.Records = slices.DeleteFunc(f.Finding.Records, func(h RecordHit) bool {
		return len(matcher.Find([]byte(h.Before+h.Matched+h.After))) > 0
	})
	f.Finding.Complete.Unreadable = slices.DeleteFunc(f.Finding.Complete.Unreadable, func(u Unreadable) bool {
		_, is := gone[u.Message]
		if is {
			changed = true
		}
		return is
	})
	related := len(f.Related)
	f.Related = slices.DeleteFunc(f.Related, func(r Related) bool {
		_, is := gone[r.Message]
		return is || r.Message == 0 || len(matcher.Find([]byte(r.Value+apart+r.Before+r.Matched+r.After))) > 0
	})
	for id := range gone {
		if _, decided := f.Decisions[id]; decided && f.Plan == nil {
			delete(f.Decisions, id)
			changed = true
		}
	}
	return changed || hits != len(f.Finding.Hits) || records != len(f.Finding.Records) || related != len(f.Related)
}

// end cancels a job that has no tombstones yet, approved or not, and destroys what
// it knows.
func (p *Privacy) end(id store.JobID) error {
	err := p.updateJob(id, func(job *store.Job) error {
		if !cancellable(*job) {
			return ErrTooLate
		}
		job.State, job.DoneAt, job.PlanHash = store.JobCancelled, p.Now().UTC(), ""
		return nil
	})
	if err != nil {
		return err
	}
	return p.destroyFile(id)
}
