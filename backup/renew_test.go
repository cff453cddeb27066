package backup

import (
	"strings"
	"testing"
	"time"
)

func TestRenewLeavesOneSnapshot(t *testing.T) {
	d := newDesk(t)
	d.add(20)
	for range 3 {
		d.add(1)
		d.snapshot()
		d.clock = d.clock.Add(time.Hour)
	}
	before := strings.Join(d.objects("records/"), " ")
	for round, want := range []int{3, 1} {
		dropped, err := d.Renew(t.Context())
		if err != nil || dropped != want {
			t.Fatalf("round %d: got %d, %v; want %d dropped", round, dropped, err, want)
		}
		records := d.objects("records/")
		if len(d.objects("manifests/")) != 2 || len(records) != 1 || strings.Contains(before, records[0]) {
			t.Errorf("round %d: left %v, %v; want a new manifest, its envelope and its records", round, d.objects("manifests/"), records)
		}
	}
	if s, _ := d.restore(RestoreOptions{}); len(state(t, s)) != 23 {
		t.Error("messages are missing")
	}
}
