package kerneltest

import (
	"encoding/json"
	"maps"
	"slices"
)

// expressions writes the user expressions of a reply, in the order of their names.
func expressions(r *Result) string {
	var reply struct {
		UserExpressions map[string]struct {
			Status string                     `json:"status"`
			Data   map[string]json.RawMessage `json:"data"`
			EName  string                     `json:"ename"`
			EValue string                     `json:"evalue"`
		} `json:"user_expressions"`
	}
	w := &writer{}
	if err := json.Unmarshal(r.Reply.Content, &reply); err != nil {
		w.lines("expr", err.Error())
	}
	for _, name := range slices.Sorted(maps.Keys(reply.UserExpressions)) {
		e := reply.UserExpressions[name]
		if e.Status != "ok" {
			w.lines("expr "+name, e.EName+": "+e.EValue)
			continue
		}
		w.bundle("expr "+name, e.Data, false)
	}
	return w.out.String()
}
