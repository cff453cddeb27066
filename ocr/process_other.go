//go:build !linux

package ocr

import (
	"errors"
	"os"
	"os/exec"
)

// lend puts a picture into a file for as long as it is read.
func lend(picture []byte, folder string) (path string, drop func(), err error) {
	f, err := os.CreateTemp(folder, "ocr-")
	if err != nil {
		return "", nil, err
	}
	drop = func() { _ = os.Remove(f.Name()) } // else the next start does
	if _, err = f.Write(picture); errors.Join(err, f.Close()) != nil {
		drop()
		return "", nil, errors.New("disk does not take it")
	}
	return f.Name(), drop, nil
}

// Elsewhere the command itself is ended, and the machine bounds its memory.
func inGroup(*exec.Cmd) {}

func limitMemory(int) {}
