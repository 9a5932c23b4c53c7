package session

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
)

// entry is one cell of the history, of this session or an earlier one.
type entry struct {
	Session int    `json:"session"`
	Line    int    `json:"line"`
	Input   string `json:"in"`
	Output  string `json:"out,omitempty"`
}

// history is what cells were run. Sessions are numbered from 1 up over all sessions that share a file.
type history struct {
	file   *historyFile  // nil: in memory only
	loaded chan struct{} // closed when session and past are known
	log    *slog.Logger

	mu      sync.Mutex
	session int
	past    []entry // of earlier sessions, ordered
	own     []entry // of this session; their Session is set when they are read
	begun   bool    // this session has its number in the file
	saved   int     // how many of own are in the file
	failed  bool    // the last attempt to write to it has failed
}

func newHistory(path string, log *slog.Logger) *history {
	h := &history{loaded: make(chan struct{}), session: 1, log: log}
	if path != "" {
		h.file = &historyFile{path: path}
	}
	return h
}

// load reads the file and takes a number for this session.
func (h *history) load() {
	defer close(h.loaded)
	if h.file == nil {
		return
	}
	past, session, err := h.file.open()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin(past, session, err)
}

// begin takes in what open returned; the caller holds mu. Where the number could not be written, the history lives in memory until it can.
func (h *history) begin(past []entry, session int, err error) {
	h.past, h.session, h.begun = past, session, err == nil
	h.wrote(err)
}

// wrote notes whether the file could be written, and tells when it cannot be any more; the caller holds mu.
func (h *history) wrote(err error) {
	if err != nil && !h.failed {
		h.log.Warn("the history cannot be written; it is tried again after each cell", "err", err)
	}
	h.failed = err != nil
}

func (h *history) add(line int, code string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.own = append(h.own, entry{Line: line, Input: code})
}

// setOutput adds the result of the cell added last.
func (h *history) setOutput(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.own[len(h.own)-1].Output = text
}

// save writes what is not in the file yet, unless the file is still being read. The cells' goroutine calls it
// when a cell is done and idle.
func (h *history) save() {
	select {
	case <-h.loaded:
	default:
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file == nil || h.saved == len(h.own) {
		return
	}
	if !h.begun {
		if h.begin(h.file.open()); !h.begun {
			return
		}
	}
	err := h.file.append(h.numbered(h.own[h.saved:]))
	if err == nil {
		h.saved = len(h.own)
	}
	h.wrote(err)
}

// numbered returns a copy with the number of this session; the caller holds mu.
func (h *history) numbered(own []entry) []entry {
	own = slices.Clone(own)
	for i := range own {
		own[i].Session = h.session
	}
	return own
}

// all returns every entry, oldest session first.
func (h *history) all() (entries []entry, session int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append(slices.Clone(h.past), h.numbered(h.own)...), h.session
}

// historyRequest is the content of history_request.
type historyRequest struct {
	Output  bool   `json:"output"`
	Access  string `json:"hist_access_type"`
	Session int    `json:"session"`
	Start   int    `json:"start"`
	Stop    *int   `json:"stop"`
	N       *int   `json:"n"`
	Pattern string `json:"pattern"`
	Unique  bool   `json:"unique"`
}

func (s *Session) historyReply(ctx context.Context, req *Request) (object, error) {
	var ask historyRequest
	if err := decode(req.Content, &ask); err != nil {
		return nil, fmt.Errorf("read %s: %w", req.Type, err)
	}
	select {
	case <-s.history.loaded:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	entries, session := s.history.all()
	switch ask.Access {
	case "range":
		entries = ask.between(entries, session)
	case "search":
		entries = ask.last(ask.search(entries))
	case "tail", "":
		entries = ask.last(entries)
	default:
		return nil, fmt.Errorf("hist_access_type %q is not one of tail, range and search", ask.Access)
	}
	rows := make([][3]any, len(entries))
	for i, e := range entries {
		rows[i] = [3]any{e.Session, e.Line, e.Input}
		if ask.Output {
			rows[i][2] = [2]any{e.Input, orNull(e.Output)}
		}
	}
	return object{"history": rows}, nil
}

// orNull is what IPython gives for a cell without a result.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// last keeps the n newest.
func (ask historyRequest) last(entries []entry) []entry {
	if ask.N == nil {
		return entries
	}
	return entries[max(0, len(entries)-max(0, *ask.N)):]
}

// between returns lines start to stop (not included) of one session: 0 is this one, -1 the one before it.
// Negative lines count from the end; no stop, or 0, is the end.
func (ask historyRequest) between(entries []entry, session int) []entry {
	wanted := ask.Session
	if wanted <= 0 {
		wanted += session
	}
	var lines []entry
	end := 1
	for _, e := range entries {
		if e.Session == wanted {
			lines = append(lines, e)
			end = e.Line + 1
		}
	}
	start, stop := ask.Start, end
	if start < 0 {
		start += end
	}
	if ask.Stop != nil && *ask.Stop != 0 {
		if stop = *ask.Stop; stop < 0 {
			stop += end
		}
	}
	return slices.DeleteFunc(lines, func(e entry) bool { return e.Line < start || e.Line >= stop })
}

// search returns what the pattern matches; of equal inputs the newest, if they shall be unique.
func (ask historyRequest) search(entries []entry) []entry {
	pattern := ask.Pattern
	if pattern == "" {
		pattern = "*"
	}
	seen := map[string]bool{}
	var found []entry
	for _, e := range slices.Backward(entries) {
		if ask.Unique && seen[e.Input] || !glob(pattern, e.Input) {
			continue
		}
		seen[e.Input] = true
		found = append(found, e)
	}
	slices.Reverse(found)
	return found
}

// glob reports whether pattern matches the whole of text: * is any text, ? one code point, everything else
// itself. Brackets are no classes as they are in IPython's: front ends put the code before the cursor into
// patterns, and code has brackets.
func glob(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	star, mark := -1, 0 // the last * and where in the text its match ends so far
	i, j := 0, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
