package session

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// requestTypes are all that a client may send on shell and control, but for the one that ends the kernel, and one that
// nobody knows.
var requestTypes = []string{
	"kernel_info_request", "connect_request", "execute_request", "complete_request", "inspect_request", "is_complete_request",
	"history_request", "comm_info_request", "interrupt_request", "comm_open", "comm_msg", "comm_close", "toast_request",
}

// FuzzRequest: whatever a request contains, it is bracketed by busy and idle, it has one reply if its type is one that
// is answered, and the session goes on.
func FuzzRequest(f *testing.F) {
	for i, content := range []string{
		"{}", "null", "[]", `""`, "1", `{"code":"x := 1"}`, `{"code":"=1","silent":true,"store_history":true,"user_expressions":{"a":"=2","b":3},"allow_stdin":true,"stop_on_error":false}`,
		`{"code":null}`, `{"code":"fail","user_expressions":[]}`, `{"code":"äö😀.","cursor_pos":3}`, `{"code":"abc","cursor_pos":-1}`, `{"code":"abc","cursor_pos":1e99,"detail_level":1}`,
		`{"hist_access_type":"tail","n":5,"output":true,"raw":true}`, `{"hist_access_type":"range","session":0,"start":-5,"stop":99999999999}`,
		`{"hist_access_type":"search","pattern":"[*?\\","n":-1,"unique":true}`, `{"hist_access_type":"toast"}`,
		`{"comm_id":"c","target_name":"t","data":{"a":[1]}}`, `{"comm_id":"","target_name":null}`, `{"comm_id":{},"data":"x"}`, `{"target_name":"t"}`,
	} {
		for k := range 3 {
			f.Add(i+5*k, content, content)
		}
	}
	f.Fuzz(func(t *testing.T, kind int, content, second string) {
		if !json.Valid([]byte(content)) || !json.Valid([]byte(second)) { // the codec lets nothing else pass
			t.Skip()
		}
		msgType := requestTypes[uint(kind)%uint(len(requestTypes))]
		bubble(t, printing(), Options{}, func(h *harness) {
			for _, c := range []string{content, second} {
				id := h.send(msgType, c)
				h.settle()
				var states []string
				replies := 0
				for _, m := range h.messages() {
					switch {
					case m.parent != id:
					case m.via == "reply":
						replies++
						if s, _ := m.fields["status"].(string); s == "" {
							t.Errorf("%s of %s has no status: %s", m.Type, c, m.Content)
						}
					case m.Type == "status":
						states = append(states, m.fields["execution_state"].(string))
					case len(states) != 1:
						t.Errorf("%s %s: %s is outside of busy and idle", msgType, c, m.Type)
					}
				}
				want := 0
				if strings.HasSuffix(msgType, "_request") && msgType != "toast_request" {
					want = 1
				}
				if !slices.Equal(states, []string{"busy", "idle"}) || replies != want {
					t.Errorf("%s %s: %v, %d replies", msgType, c, states, replies)
				}
			}
			if got := h.ask("kernel_info_request", "{}"); got["status"] != "ok" {
				t.Errorf("after %s: %v", msgType, got)
			}
		})
	})
}
