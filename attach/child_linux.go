package attach

import (
	"fmt"
	"os"
	"syscall"
)

// limitMemory bounds what this process may set aside besides what it has: a race
// detector has terabytes. Beyond it, it dies. Where /proc doesn't tell or the
// system refuses, the machine's own bound holds.
func limitMemory(bytes uint64) {
	statm, err := os.ReadFile("/proc/self/statm") // proc_pid_statm(5): the sixth is data and stack, in pages
	if err != nil {
		return
	}
	var size, resident, shared, text, lib, data uint64
	if _, err := fmt.Sscan(string(statm), &size, &resident, &shared, &text, &lib, &data); err != nil {
		return
	}
	bytes += data * uint64(os.Getpagesize())
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: bytes, Max: bytes})
}
