package backup_test

import (
	"testing"

	"postolka/backup"
	"postolka/backup/targettest"
)

func TestDirectory(t *testing.T) {
	targettest.Run(t, func(t *testing.T) backup.Target { return backup.Directory(t.TempDir() + "/snapshots") })
}
