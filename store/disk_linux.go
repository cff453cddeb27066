package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// fileSystems by their magic number (statfs(2)).
var fileSystems = map[int64]string{
	unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs", unix.F2FS_SUPER_MAGIC: "f2fs",
	unix.TMPFS_MAGIC: "tmpfs", unix.OVERLAYFS_SUPER_MAGIC: "overlay", unix.NFS_SUPER_MAGIC: "nfs", unix.NILFS_SUPER_MAGIC: "nilfs",
	0x2fc12fc1: "zfs", 0xca451a4e: "bcachefs",
}

// logStructured file systems never write in place; over a network it can't be known.
var logStructured = map[string]bool{"btrfs": true, "f2fs": true, "overlay": true, "nfs": true, "nilfs": true, "zfs": true, "bcachefs": true}

// DiskOf looks at the file system and the devices below dir.
func DiskOf(dir string) Disk {
	var fs unix.Statfs_t
	var file unix.Stat_t
	if unix.Statfs(dir, &fs) != nil || unix.Stat(dir, &file) != nil {
		return Disk{}
	}
	d := Disk{FileSystem: fileSystems[int64(fs.Type)]}
	d.CopyOnWrite = logStructured[d.FileSystem]
	device := fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(uint64(file.Dev)), unix.Minor(uint64(file.Dev)))
	d.Encrypted = encrypted(device)
	d.Flash = d.FileSystem != "tmpfs" && !turns(device)
	return d
}

// turns: a disk with platters is below; a partition's queue is its disk's.
func turns(device string) bool {
	real, err := filepath.EvalSymlinks(device)
	if err != nil {
		return false
	}
	for _, queue := range []string{real + "/queue", filepath.Dir(real) + "/queue"} {
		if word, err := os.ReadFile(queue + "/rotational"); err == nil {
			// Virtual disks say that they turn, whatever the host has.
			return strings.TrimSpace(string(word)) == "1" && !strings.HasPrefix(filepath.Base(filepath.Dir(queue)), "vd")
		}
	}
	return false
}

// encrypted: a device of dm-crypt is this one or below it.
func encrypted(device string) bool {
	if id, err := os.ReadFile(device + "/dm/uuid"); err == nil && strings.HasPrefix(string(id), "CRYPT-") {
		return true
	}
	below, _ := filepath.Glob(device + "/slaves/*")
	for _, b := range below {
		if encrypted(b) {
			return true
		}
	}
	return false
}
