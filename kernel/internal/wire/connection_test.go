package wire_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"interleave/kernel/internal/wire"
)

const goodFile = `{"shell_port": 5001, "iopub_port": 5002, "stdin_port": 5003, "control_port": 5004, "hb_port": 5005,
 "ip": "127.0.0.1", "key": "very-secret", "transport": "tcp", "signature_scheme": "hmac-sha256", "kernel_name": "go"}`

// connectionFiles are connection files and a part of the error each gives; none when it is good.
func connectionFiles() map[string]struct{ text, fault string } {
	edit := func(fields map[string]any) string {
		var all map[string]any
		if err := json.Unmarshal([]byte(goodFile), &all); err != nil {
			panic(err)
		}
		for name, value := range fields {
			if value == nil {
				delete(all, name)
			} else {
				all[name] = value
			}
		}
		text, err := json.Marshal(all)
		if err != nil {
			panic(err)
		}
		return string(text)
	}
	type fields = map[string]any
	return map[string]struct{ text, fault string }{
		"good":                {goodFile, ""},
		"unknown fields":      {edit(fields{"jupyter_session": "x.ipynb", "later": []int{1}}), ""},
		"any address":         {edit(fields{"ip": "0.0.0.0"}), ""},
		"star":                {edit(fields{"ip": "*"}), ""},
		"IPv6":                {edit(fields{"ip": "::1"}), ""},
		"IPv6 in brackets":    {edit(fields{"ip": "[::1]"}), ""},
		"ipc":                 {edit(fields{"transport": "ipc", "ip": "/run/k"}), ""},
		"no transport":        {edit(fields{"transport": nil}), ""},
		"no scheme":           {edit(fields{"signature_scheme": nil}), ""},
		"md5":                 {edit(fields{"signature_scheme": "hmac-md5"}), ""},
		"sha512":              {edit(fields{"signature_scheme": "hmac-sha512"}), ""},
		"ports to choose":     {edit(fields{"shell_port": 0, "iopub_port": 0, "stdin_port": 0, "control_port": 0, "hb_port": 0}), ""},
		"no key, loopback":    {edit(fields{"key": ""}), ""},
		"no key, IPv6":        {edit(fields{"key": "", "ip": "::1"}), ""},
		"no key, ipc":         {edit(fields{"key": "", "transport": "ipc", "ip": "k"}), ""},
		"no key, any address": {edit(fields{"key": "", "ip": "0.0.0.0"}), "key is empty"},
		"no key, star":        {edit(fields{"key": nil, "ip": "*"}), "key is empty"},
		"no key, IPv6 any":    {edit(fields{"key": "", "ip": "::"}), "key is empty"},
		"empty":               {"", "not a JSON object"},
		"cut off":             {goodFile[:100], "not a JSON object"},
		"a list":              {"[]", "not a JSON object"},
		"null":                {"null", "shell_port is missing"},
		"no ip":               {edit(fields{"ip": nil}), "ip is empty"},
		"zero byte":           {edit(fields{"ip": "a\x00b"}), "zero byte"},
		"one port missing":    {edit(fields{"hb_port": nil}), "hb_port is missing"},
		"port a string":       {edit(fields{"hb_port": "5005"}), "hb_port is a string"},
		"port a fraction":     {edit(fields{"hb_port": 1.5}), "hb_port"},
		"port negative":       {edit(fields{"hb_port": -1}), "not a port"},
		"port too large":      {edit(fields{"hb_port": 65536}), "not a port"},
		"port twice":          {edit(fields{"hb_port": 5001}), "shell_port and hb_port are both 5001"},
		"other transport":     {edit(fields{"transport": "udp"}), "use tcp or ipc"},
		"other scheme":        {edit(fields{"signature_scheme": "hmac-crc32"}), "use one of"},
		"key a number":        {edit(fields{"key": 7}), "key is a number"},
		"registration":        {`{"registration_ip":"127.0.0.1","registration_port":5001,"kernel_id":"x","key":"very-secret"}`, "registration handshake"},
	}
}

func TestParseConnection(t *testing.T) {
	for name, test := range connectionFiles() {
		c, err := wire.ParseConnection([]byte(test.text))
		switch {
		case test.fault == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)):
			t.Errorf("%s: error is %v, want one with %q", name, err, test.fault)
		case err != nil && strings.Contains(err.Error(), "secret"):
			t.Errorf("%s: the key is in the error %v", name, err)
		case err == nil && (c.Transport == "" || c.SignatureScheme == ""):
			t.Errorf("%s: %+v lacks a default", name, c)
		}
	}
}

func TestAddress(t *testing.T) {
	for ip, want := range map[string]string{
		"127.0.0.1": "127.0.0.1:5005", "*": ":5005", "0.0.0.0": "0.0.0.0:5005", "::1": "[::1]:5005", "[::1]": "[::1]:5005",
	} {
		c := wire.Connection{Transport: "tcp", IP: ip, Ports: wire.Ports{Heartbeat: 5005}}
		if network, address := c.Address(wire.Heartbeat); network != "tcp" || address != want {
			t.Errorf("%s: %s %s, want %s", ip, network, address, want)
		}
	}
	c := wire.Connection{Transport: "ipc", IP: "/run/k", Ports: wire.Ports{Heartbeat: 5}}
	if network, address := c.Address(wire.Heartbeat); network != "unix" || address != "/run/k-5" {
		t.Errorf("ipc: %s %s", network, address)
	}
}

func TestReadConnectionFaults(t *testing.T) {
	dir := t.TempDir()
	long := filepath.Join(dir, "long")
	if err := os.WriteFile(long, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.json"): "does not exist",
		dir:                             "not a regular file",
		long:                            "no connection file",
	} {
		if _, err := wire.ReadConnection(path, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one with %q", path, err, want)
		}
	}
}

func TestReadableFileIsRepaired(t *testing.T) {
	for mode, warned := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o644: true, 0o604: true} {
		path := filepath.Join(t.TempDir(), "kernel.json")
		if err := os.WriteFile(path, []byte(goodFile), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil { // past the umask
			t.Fatal(err)
		}
		var log logBuffer
		if _, err := wire.ReadConnection(path, log.logger()); err != nil {
			t.Fatal(err)
		}
		if got := fileMode(t, path).Perm(); got&0o077 != 0 {
			t.Errorf("%v became %v", mode, got)
		}
		if strings.Contains(log.String(), "level=WARN") != warned || strings.Contains(log.String(), "secret") {
			t.Errorf("%v: log is %q", mode, log.String())
		}
	}
}

// Chosen ports are written back, private, with every other field kept.
func TestChosenPortsAreWritten(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		path := filepath.Join(t.TempDir(), "kernel.json")
		ip := map[string]string{"tcp": "127.0.0.1", "ipc": filepath.Join(t.TempDir(), "k")}[transport]
		text := fmt.Sprintf(`{"shell_port":0,"iopub_port":0,"stdin_port":0,"control_port":0,"hb_port":0,"ip":%q,"key":"very-secret",
			"transport":%q,"signature_scheme":"hmac-sha512","kernel_name":"go","jupyter_session":"a.ipynb"}`, ip, transport)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := wire.ReadConnection(path, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		s := listen(t, c, wire.Options{})
		go serveEcho(s)
		wantServed(t, s)
		if got := fileMode(t, path).Perm(); got != 0o600 {
			t.Errorf("mode %v", got)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		ports := make(map[any]bool)
		for name := range maps.Keys(fields) {
			if strings.HasSuffix(name, "_port") {
				ports[fields[name]] = true
			}
		}
		if len(ports) != 5 || ports[0.0] || fields["jupyter_session"] != "a.ipynb" || fields["key"] != "very-secret" {
			t.Errorf("the file is %s", raw)
		}
		read, err := wire.ReadConnection(path, slog.New(slog.DiscardHandler))
		if err != nil || read.Ports != s.Connection().Ports {
			t.Errorf("read back %v, %v", read, err)
		}
		if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
			t.Errorf("left beside it: %v, %v", entries, err)
		}
	}
}

// The key prints as a placeholder, however it is printed.
func TestKeyIsNeverPrinted(t *testing.T) {
	c, err := wire.ParseConnection([]byte(goodFile))
	if err != nil {
		t.Fatal(err)
	}
	var log logBuffer
	log.logger().Warn("x", "conn", c, "key", c.Key, "ptr", &c)
	slog.New(slog.NewJSONHandler(&log, nil)).Warn("x", "conn", c, "key", c.Key)
	fmt.Fprintf(&log, "%v %+v %#v %s %q %v %#v %x", c, c, c, c.Key, c.Key, &c, c.Key, c.Key)
	if err := json.NewEncoder(&log).Encode(c); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); strings.Contains(text, "secret") || strings.Contains(text, fmt.Sprintf("%x", "very-secret")) {
		t.Errorf("printed: %s", text)
	}
}

func TestEmptyKeyOnLoopbackWarns(t *testing.T) {
	var log logBuffer
	c := connection(t, "tcp")
	c.Key = ""
	s := listen(t, c, wire.Options{Logger: log.logger()})
	if !strings.Contains(log.String(), "the key is empty") {
		t.Errorf("log is %q", log.String())
	}
	go serveEcho(s)
	wantServed(t, s)
	c.IP = "0.0.0.0"
	if _, err := wire.Listen(testContext(t), c, wire.Options{}); err == nil {
		t.Error("an empty key was taken for all interfaces")
	}
}

// Every scheme signs and checks, and the message of another scheme is refused.
func TestSignatureSchemes(t *testing.T) {
	c := connection(t, "tcp")
	for _, scheme := range []string{"hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha3_256", "hmac-sha3_512", ""} {
		c.SignatureScheme = scheme
		codec, err := wire.NewCodec(c, "u")
		if err != nil {
			t.Fatal(err)
		}
		frames, id, err := codec.Encode(wire.Outgoing{Type: "x", Content: map[string]any{"a": 1}})
		if err != nil {
			t.Fatal(err)
		}
		if m, err := codec.Decode(frames); err != nil || m.Header.MsgID != id {
			t.Errorf("%s: %v", scheme, err)
		}
		c.SignatureScheme = "hmac-md5"
		other, err := wire.NewCodec(c, "u")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Decode(frames); (err == nil) != (scheme == "hmac-md5") {
			t.Errorf("%s checked as md5: %v", scheme, err)
		}
	}
}
