package wheel

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	w := &Wheel{Name: "thing", Version: "1.2", Tag: "py3-none-any", Summary: "A thing", Python: ">=3.10", Entries: "[group]\nname = thing:Thing\n", Files: []File{
		{Path: "share/thing/run, now", Text: []byte("x"), Mode: 0o755}, {Path: "thing", Text: []byte("#!/bin/sh\n"), Script: true, Mode: 0o755},
		{Path: "thing.py", Text: []byte("Thing = 1\n"), Module: true, Mode: 0o644}}}
	var one, two bytes.Buffer
	if err := w.Write(&one); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&two); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Errorf("the second time it is another one: %v", err)
	}
	z, err := zip.NewReader(bytes.NewReader(one.Bytes()), int64(one.Len()))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r)
		texts[f.Name] = string(text)
		if strings.Contains(f.Name, ".data/") && f.Mode().Perm() != 0o755 {
			t.Errorf("%s has mode %v", f.Name, f.Mode())
		}
	}
	const want = `"thing-1.2.data/data/share/thing/run, now",sha256=LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE,1` + "\n"
	if record := texts["thing-1.2.dist-info/RECORD"]; !strings.HasPrefix(record, want) || !strings.HasSuffix(record, "thing-1.2.dist-info/RECORD,,\n") {
		t.Errorf("RECORD:\n%s", record)
	}
	if texts["thing-1.2.data/scripts/thing"] == "" || !strings.Contains(texts["thing-1.2.dist-info/METADATA"], "Requires-Python: >=3.10\n") || w.FileName() != "thing-1.2-py3-none-any.whl" {
		t.Errorf("%s: %q", w.FileName(), texts)
	}
	if texts["thing.py"] != "Thing = 1\n" || texts["thing-1.2.dist-info/entry_points.txt"] != w.Entries {
		t.Errorf("the module: %q", texts)
	}
	for _, path := range []string{"../x", "/x", "", "a/../b", "."} {
		w.Files = []File{{Path: path}}
		if err := w.Write(io.Discard); err == nil {
			t.Errorf("%q was written", path)
		}
	}
}
