package gopls

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// Candidate is one way to go on.
type Candidate struct {
	Text       string
	Kind       string // function, variable, struct, interface, module, field, method, constant, keyword, type, text
	Detail     string // its type, as gopls writes it
	Start, End int    // the bytes of the file that Text takes the place of
}

// Signature is the function whose call a place stands in.
type Signature struct {
	Label         string // Println(a ...any) (n int, err error)
	Documentation string // Markdown
	Parameter     string // the one the place belongs to: "a ...any"; may be empty
}

// kinds are the protocol's kinds of completions that gopls uses.
var kinds = map[int]string{
	1: "text", 2: "method", 3: "function", 4: "function", 5: "field", 6: "variable", 7: "type", 8: "interface",
	9: "module", 14: "keyword", 21: "constant", 22: "struct", 25: "type",
}

// place is the parameters of requests that ask about a place.
func (s *Server) place(files Files, at Place) map[string]any {
	return map[string]any{
		"textDocument": map[string]any{"uri": s.uri(at.File)},
		"position":     positionOf(files[at.File], at.Offset),
	}
}

// Complete lists what can stand at a place, best first.
func (s *Server) Complete(ctx context.Context, files Files, at Place) ([]Candidate, error) {

	type items struct {
		Items []struct {
			Label    string
			Kind     int
			Detail   string
			TextEdit *struct {
				Range   span
				NewText string
			}
			AdditionalTextEdits []json.RawMessage
		}
	}
	answer, err := ask(ctx, s, files, func(ctx context.Context) (answer items, err error) {
		err = s.conn.call(ctx, "textDocument/completion", s.place(files, at), &answer)
		return answer, err
	})
	if err != nil {
		return nil, err
	}
	var list []Candidate
	text := files[at.File]
	for _, item := range answer.Items {
		c := Candidate{Text: item.Label, Kind: kinds[item.Kind], Detail: item.Detail, Start: at.Offset, End: at.Offset}
		if e := item.TextEdit; e != nil {
			c.Start, c.End = offsetOf(text, e.Range.Start), offsetOf(text, e.Range.End)
			if len(item.AdditionalTextEdits) == 0 { // else it is half of a conversion
				c.Text = e.NewText
			}
		}
		list = append(list, c)
	}
	return list, nil
}

// Description is what gopls says of a place.
type Description struct {
	Hover string     // of what stands there, as Markdown; may be empty
	Call  *Signature // of the call it is in; may be nil
}

// Describe tells what stands at a place, and the signature of the call that another place is in. Either may be nil.
func (s *Server) Describe(ctx context.Context, files Files, name, inCall *Place) (Description, error) {
	return ask(ctx, s, files, func(ctx context.Context) (d Description, err error) {
		if name != nil {
			if d.Hover, err = s.hover(ctx, s.place(files, *name)); err != nil {
				return d, err
			}
		}
		if inCall != nil {
			d.Call, err = s.signature(ctx, s.place(files, *inCall))
		}
		return d, err
	})
}

func (s *Server) hover(ctx context.Context, place any) (string, error) {
	var answer *struct{ Contents struct{ Value string } }
	if err := s.conn.call(ctx, "textDocument/hover", place, &answer); err != nil || answer == nil {
		return "", refused(err)
	}
	return strings.TrimSpace(answer.Contents.Value), nil
}

func (s *Server) signature(ctx context.Context, place any) (*Signature, error) {
	var answer *struct {
		Signatures []struct {
			Label         string
			Documentation json.RawMessage
			Parameters    []struct{ Label string }
		}
		ActiveSignature, ActiveParameter int
	}
	if err := s.conn.call(ctx, "textDocument/signatureHelp", place, &answer); err != nil || answer == nil || len(answer.Signatures) == 0 {
		return nil, refused(err)
	}
	found := answer.Signatures[min(max(answer.ActiveSignature, 0), len(answer.Signatures)-1)]
	out := &Signature{Label: found.Label, Documentation: documentation(found.Documentation)}
	if i := answer.ActiveParameter; i >= 0 && i < len(found.Parameters) {
		out.Parameter = found.Parameters[i].Label
	}
	return out, nil
}

// documentation reads what is a string, or Markdown in an object.
func documentation(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var markup struct{ Value string }
	if json.Unmarshal(raw, &markup) == nil {
		return markup.Value
	}
	return ""
}

// refused drops the error of a server that has nothing to say of a place.
func refused(err error) error {
	var r *ResponseError
	if errors.As(err, &r) {
		return nil
	}
	return err
}
