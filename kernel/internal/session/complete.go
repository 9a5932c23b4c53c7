package session

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
	"unicode/utf8"
)

// editorPatience is how long an engine may think about a completion or an inspection: JupyterLab throws away
// what comes after a second.
const editorPatience = 800 * time.Millisecond

// place is the content of complete_request and inspect_request.
type place struct {
	Code   string `json:"code"`
	Cursor *int   `json:"cursor_pos"` // in code points
	Detail int    `json:"detail_level"`
}

func readPlace(req *Request) (place, error) {
	var p place
	if err := decode(req.Content, &p); err != nil {
		return p, fmt.Errorf("read %s: %w", req.Type, err)
	}
	n := utf8.RuneCountInString(p.Code)
	if p.Cursor == nil {
		p.Cursor = &n
	}
	*p.Cursor = min(max(*p.Cursor, 0), n)
	return p, nil
}

func (s *Session) complete(ctx context.Context, req *Request) (object, error) {
	p, err := readPlace(req)
	if err != nil {
		return nil, err
	}
	c, ok := promptly(ctx, s, req, func(ctx context.Context) Completion {
		return s.engine.Complete(ctx, p.Code, *p.Cursor)
	})
	if !ok {
		c = Completion{Start: *p.Cursor, End: *p.Cursor}
	}
	matches := make([]string, len(c.Matches))
	types := make([]matchType, len(c.Matches))
	for i, m := range c.Matches {
		matches[i] = m.Text
		types[i] = matchType{c.Start, c.End, m.Text, m.Type, m.Signature}
	}
	return object{
		"matches":      matches,
		"cursor_start": c.Start,
		"cursor_end":   c.End,
		"metadata":     object{"_jupyter_types_experimental": types},
	}, nil
}

// matchType is one entry of _jupyter_types_experimental: what front ends draw beside a match. Entries have
// the indices of the matches.
type matchType struct {
	Start     int    `json:"start"`
	End       int    `json:"end"`
	Text      string `json:"text"`
	Type      string `json:"type"`
	Signature string `json:"signature"`
}

func (s *Session) inspect(ctx context.Context, req *Request) (object, error) {
	p, err := readPlace(req)
	if err != nil {
		return nil, err
	}
	i, _ := promptly(ctx, s, req, func(ctx context.Context) Inspection {
		return s.engine.Inspect(ctx, p.Code, *p.Cursor, p.Detail)
	})
	if !i.Found {
		i.Data = nil
	}
	return object{"found": i.Found, "data": encodeEach(i.Data), "metadata": object{}}, nil
}

func (s *Session) isComplete(_ context.Context, req *Request) (object, error) {
	var ask struct {
		Code string `json:"code"`
	}
	if err := decode(req.Content, &ask); err != nil {
		return nil, fmt.Errorf("read %s: %w", req.Type, err)
	}
	status, indent := s.engine.IsComplete(ask.Code)
	content := object{"status": status}
	if status == "incomplete" {
		content["indent"] = indent
	}
	return content, nil
}

// promptly returns what f returns, or false when f takes too long or panics. f may then go on for a while;
// its context has ended.
func promptly[T any](ctx context.Context, s *Session, req *Request, f func(context.Context) T) (T, bool) {
	ctx, cancel := context.WithTimeout(ctx, editorPatience)
	defer cancel()
	result := make(chan T, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				s.log.Error("panic", "type", req.Type, "panic", p, "stack", string(debug.Stack()))
				cancel()
			}
		}()
		result <- f(ctx)
	}()
	select {
	case v := <-result:
		return v, true
	case <-ctx.Done():
	}
	select {
	case v := <-result: // f made use of all the time it had
		return v, true
	default:
		s.log.Debug("no answer in time", "type", req.Type)
		var none T
		return none, false
	}
}
