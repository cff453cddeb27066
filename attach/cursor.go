package attach

// cursor reads the bytes of a record, little-endian; its parts are read as one.
// Reading past the end gives zeros and sets bad.
type cursor struct {
	parts [][]byte // what is not read yet
	page  int      // code page of strings
	old   bool     // strings are in page, without flags
	bad   bool
}

// part is the first part that has something left.
func (s *cursor) part() []byte {
	for len(s.parts) > 1 && len(s.parts[0]) == 0 {
		s.parts = s.parts[1:]
	}
	return s.parts[0]
}

// more: n bytes are left in the part that is being read.
func (s *cursor) more(n int) bool { return len(s.part()) >= n }

func (s *cursor) skip(n int) {
	for n > 0 && !s.bad {
		p := s.part()
		step := min(n, len(p))
		s.parts[0] = p[step:]
		n -= step
		s.bad = step == 0
	}
}

func (s *cursor) u8() byte {
	p := s.part()
	if len(p) == 0 {
		s.bad = true
		return 0
	}
	s.parts[0] = p[1:]
	return p[0]
}

func (s *cursor) u16() uint16 { return uint16(s.u8()) | uint16(s.u8())<<8 }
func (s *cursor) u32() uint32 { return uint32(s.u16()) | uint32(s.u16())<<16 }
func (s *cursor) u64() uint64 { return uint64(s.u32()) | uint64(s.u32())<<32 }

// take returns the next n bytes of the first part, or what there is of them.
func (s *cursor) take(n int) []byte {
	p := s.part()
	s.bad = s.bad || n < 0 || n > len(p)
	n = min(max(n, 0), len(p))
	s.parts[0] = p[n:]
	return p[:n]
}

// padded returns n bytes and passes over those that fill up to a multiple of four.
func (s *cursor) padded(n int) []byte {
	b := s.take(n)
	s.take(min(-n&3, len(s.part())))
	return b
}
