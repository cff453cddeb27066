package imaptest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"postolka/store"
)

// Fault is what a Storm does to one response of the server.
type Fault uint8

const (
	Cut          Fault = iota // a part of the response, in its literal if it has one; then the connection ends
	Stall                     // a part of it, then nothing until the client hangs up
	Garbage                   // a line that no server sends before it
	Noise                     // bytes that were never sent in the middle of it
	Double                    // twice, if it is untagged
	Goodbye                   // BYE instead of it, and the connection ends
	Late                      // a moment later
	faults       = 7
	stormLateFor = 30 * time.Millisecond
)

func (f Fault) String() string {
	return [...]string{"cut", "stall", "garbage", "noise", "double", "goodbye", "late"}[f]
}

// Storm is a Proxy that knows where responses and literals end, and does
// something to one of them now and then: which and after how many is drawn from
// the seed.
type Storm struct {
	Proxy
	mutex  sync.Mutex
	random *rand.Rand
	gap    int // responses from one fault to the next, on average; 0: fair weather
	left   int // until the next
	struck [faults]int
	paused bool
}

// NewStorm forwards to a server until the test ends.
func NewStorm(t testing.TB, to store.Server, random *rand.Rand) *Storm {
	t.Helper()
	s := &Storm{random: random}
	s.relay = s.weather
	s.start(t, to)
	return s
}

// Blow sets the average number of responses between faults; 0: none.
func (s *Storm) Blow(gap int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.gap = gap
	s.draw()
}

// Pause drops all connections and takes no others until it is called with false.
func (s *Storm) Pause(paused bool) {
	s.mutex.Lock()
	s.paused = paused
	s.mutex.Unlock()
	if paused {
		s.Drop()
	}
}

func (s *Storm) draw() {
	if s.gap > 0 {
		s.left = 1 + s.random.IntN(2*s.gap)
	}
}

// next decides about one response.
func (s *Storm) next() (f Fault, struck bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.gap == 0 {
		return 0, false
	}
	if s.left--; s.left > 0 {
		return 0, false
	}
	s.draw()
	f = Fault(s.random.IntN(faults))
	s.struck[f]++
	return f, true
}

// part is a place within n bytes, not at their ends.
func (s *Storm) part(n int) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return 1 + s.random.IntN(max(1, n-1))
}

func (s *Storm) calm() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return !s.paused
}

// weather passes responses on until the connection ends.
func (s *Storm) weather(client, server net.Conn) {
	in := bufio.NewReader(server)
	for s.calm() {
		response, err := readResponse(in)
		if err != nil {
			return
		}
		s.Bytes.Add(int64(len(response)))
		f, struck := s.next()
		if !struck {
			if _, err := client.Write(response); err != nil {
				return
			}
			continue
		}
		if !s.strike(f, client, server, response) {
			return
		}
	}
}

// strike does f to a response; false: the connection ends.
func (s *Storm) strike(f Fault, client, server net.Conn, response []byte) bool {
	at := s.part(len(response))
	switch f {
	case Cut:
		client.Write(response[:at])
		return false
	case Stall:
		client.Write(response[:at])
		// forward ends the connection to the server when the client has hung up.
		io.Copy(io.Discard, server)
		return false
	case Garbage:
		client.Write([]byte("\x00\xff)(* {3 what?\r\n"))
	case Noise:
		client.Write(response[:at])
		client.Write([]byte("\x01noise"))
		response = response[at:]
	case Double:
		if bytes.HasPrefix(response, []byte("* ")) {
			client.Write(response)
		}
	case Goodbye:
		fmt.Fprintf(client, "* BYE the storm\r\n")
		return false
	case Late:
		time.Sleep(stormLateFor)
	}
	_, err := client.Write(response)
	return err == nil
}

// readResponse reads a response with all its literals (RFC 9051 §4.3).
func readResponse(r *bufio.Reader) (response []byte, err error) {
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		response = append(response, line...)
		open := bytes.LastIndexByte(line, '{')
		var n int
		if open < 0 || !bytes.HasSuffix(line, []byte("}\r\n")) {
			return response, nil
		}
		if _, err := fmt.Sscanf(string(line[open:]), "{%d}", &n); err != nil {
			return response, nil
		}
		literal := make([]byte, n)
		if _, err := io.ReadFull(r, literal); err != nil {
			return nil, err
		}
		response = append(response, literal...)
	}
}

// Counts says how often each fault struck.
func (s *Storm) Counts() map[string]int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	counts := map[string]int{}
	for f, n := range s.struck {
		if n > 0 {
			counts[Fault(f).String()] = n
		}
	}
	return counts
}
