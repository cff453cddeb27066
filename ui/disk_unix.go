//go:build unix

package ui

import "golang.org/x/sys/unix"

// diskOf is the room for the data of dir.
func diskOf(dir string) disk {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return disk{}
	}
	return disk{Free: int64(st.Bavail) * int64(st.Bsize), Total: int64(st.Blocks) * int64(st.Bsize)}
}
