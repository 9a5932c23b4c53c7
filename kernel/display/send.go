package display

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/stage"
)

// Display shows one bundle. It is preloaded in every notebook: Display(display.HTML("<b>x</b>")). An empty
// bundle shows nothing. The error says what the front end cannot take, or that there is none.
func Display(d Data) error {
	if len(d.Data) == 0 && stage.Connected() {
		return nil
	}
	return send(events.Display, d)
}

// send checks a bundle, brings its content into the types that events carry, and emits it.
func send(kind events.Kind, d Data) error {
	why := failureOf(d)
	content, err := normal(d.Data)
	if err != nil {
		return err
	}
	if why != "" { // the text is shown where the picture was expected, and returned as well
		d.Transient = maps.Clone(d.Transient)
		delete(d.Transient, failure)
	}
	for name, m := range map[string]MIMEMap{"metadata": d.Metadata, "transient data": d.Transient} {
		if _, err := json.Marshal(m); err != nil {
			return fmt.Errorf("cannot display: %s: %w", name, err)
		}
	}
	d.Data = content
	_, err = stage.Emit(events.Event[any]{Kind: kind, Bundle: events.Bundle[any](d)})
	if err == nil && why != "" && stage.Hosted() { // a program would print the value as well
		err = errors.New(why)
	}
	return err
}

// normal returns content as events carry it: text as string, everything else as []byte or as a JSON value
// that is known to encode. The map given is not changed.
func normal(content MIMEMap) (MIMEMap, error) {
	out := make(MIMEMap, len(content))
	for mimeType, c := range content {
		if !strings.Contains(mimeType, "/") {
			return nil, fmt.Errorf("cannot display: %q is not a MIME type", mimeType)
		}
		v, err := normalOne(mimeType, c)
		if err != nil {
			return nil, fmt.Errorf("cannot display: %s: %w", mimeType, err)
		}
		out[mimeType] = v
	}
	return out, nil
}

func normalOne(mimeType string, c any) (any, error) {
	if b, is := c.([]byte); c == nil || is && len(b) == 0 && !textual(mimeType) || c == "" && strings.HasPrefix(mimeType, "image/") {
		return nil, errEmpty
	}
	if jsonType(mimeType) {
		return normalJSON(c)
	}
	switch x := c.(type) {
	case string:
		if textual(mimeType) {
			return strings.ToValidUTF8(x, "�"), nil
		}
		return x, nil // a picture already in base64
	case []byte:
		if textual(mimeType) {
			return strings.ToValidUTF8(string(x), "�"), nil
		}
		return x, nil
	}
	if textual(mimeType) {
		return text(c), nil
	}
	return normalJSON(c)
}

// normalJSON checks that c can be encoded. Text is taken as JSON already encoded when it is, else as a string.
func normalJSON(c any) (any, error) {
	switch x := c.(type) {
	case string:
		if json.Valid([]byte(x)) {
			return json.RawMessage(x), nil
		}
		return x, nil
	case []byte:
		if json.Valid(x) {
			return json.RawMessage(x), nil
		}
		return nil, fmt.Errorf("not valid JSON")
	}
	if _, err := json.Marshal(c); err != nil {
		return nil, err
	}
	return c, nil
}
