package attach

import (
	"strings"
	"testing"
	"time"
)

// Many lines that look like the start of a file cost no more than their length.
func TestManyBeginnings(t *testing.T) {
	text := strings.Repeat("begin now or never\n", 200_000) + "begin 644 a.txt\n#86)C\n`\nend\nbye"
	ended := make(chan []Embedded, 1)
	go func() { ended <- uuFiles(text) }()
	select {
	case files := <-ended:
		if len(files) != 1 || string(files[0].Data) != "abc" {
			t.Errorf("got %+v, want abc", files)
		}
	case <-time.After(time.Minute):
		t.Fatal("not done within a minute")
	}
}
