package notebook

import (
	"strings"
	"unicode/utf8"
)

// splitLines is Python's str.splitlines(keepends=True): nbformat breaks text at more than newlines.
func splitLines(s string) []any {
	lines := []any{}
	for s != "" {
		end := lineEnd(s)
		lines = append(lines, s[:end])
		s = s[end:]
	}
	return lines
}

// lineEnd is the length of the first line of s, its end included.
func lineEnd(s string) int {
	for i, r := range s {
		switch r {
		case '\r':
			if strings.HasPrefix(s[i+1:], "\n") {
				return i + 2
			}
			return i + 1
		case '\n', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
			return i + utf8.RuneLen(r)
		}
	}
	return len(s)
}

// jsonMIME reports whether content of a MIME type is JSON and must be left alone.
func jsonMIME(mime string) bool {
	return mime == "application/json" || strings.HasPrefix(mime, "application/") && strings.HasSuffix(mime, "+json")
}

// splitMIME reports whether text of a MIME type is written as a list of lines.
func splitMIME(mime string) bool {
	return strings.HasPrefix(mime, "text/") || mime == "application/javascript" || mime == "image/svg+xml"
}

// rejoin makes strings of all text that the file holds as lists of lines.
func (nb *Notebook) rejoin() {
	for _, c := range nb.Cells {
		rejoinKey(c.tree, "source")
		attachments, _ := c.tree["attachments"].(map[string]any)
		for _, a := range attachments {
			rejoinBundle(a)
		}
		if c.Type() != "code" {
			continue
		}
		for _, o := range c.Outputs() {
			switch o["output_type"] {
			case "execute_result", "display_data":
				rejoinBundle(o["data"])
			default:
				rejoinKey(o, "text")
			}
		}
	}
}

func rejoinKey(m map[string]any, key string) {
	if list, ok := m[key].([]any); ok {
		if s, ok := joined(list); ok {
			m[key] = s
		}
	}
}

func rejoinBundle(v any) {
	bundle, _ := v.(map[string]any)
	for mime := range bundle {
		if !jsonMIME(mime) {
			rejoinKey(bundle, mime)
		}
	}
}

// stripTransient removes what must not be stored.
func (nb *Notebook) stripTransient() {
	for _, key := range []string{"orig_nbformat", "orig_nbformat_minor", "signature"} {
		delete(nb.Metadata(), key)
	}
	for _, c := range nb.Cells {
		delete(c.Metadata(), "trusted")
	}
}
