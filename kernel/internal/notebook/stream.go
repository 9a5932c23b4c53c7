package notebook

import "strings"

// stream is the text of one stream output as a terminal would show it: a carriage return goes back to the
// start of its line and what follows overwrites, a backspace takes the character before it away. A bar that
// is redrawn a million times keeps the size of one line.
type stream struct {
	done   strings.Builder // whole lines
	line   []rune          // the line being written
	column int             // where the next character goes
}

func (s *stream) add(text string) {
	for text != "" {
		piece, rest, found := strings.Cut(text, "\n")
		plain := s.column == 0 && len(s.line) == 0 && !strings.ContainsAny(piece, "\r\b")
		if found && plain { // nearly every line
			s.done.WriteString(piece)
		} else {
			s.write(piece)
		}
		if found {
			s.done.WriteString(string(s.line))
			s.done.WriteByte('\n')
			s.line, s.column = s.line[:0], 0
		}
		text = rest
	}
}

func (s *stream) write(piece string) {
	for _, r := range piece {
		switch {
		case r == '\r':
			s.column = 0
		case r == '\b':
			if s.column > 0 {
				s.column--
				s.line = append(s.line[:s.column], s.line[s.column+1:]...)
			}
		case s.column < len(s.line):
			s.line[s.column] = r
			s.column++
		default:
			s.line = append(s.line, r)
			s.column++
		}
	}
}

func (s *stream) String() string { return s.done.String() + string(s.line) }
