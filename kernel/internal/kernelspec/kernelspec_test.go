package kernelspec

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestUserDir(t *testing.T) {
	for _, c := range []struct{ data, xdg, want string }{
		{"/j", "/x", "/j/kernels"},
		{"", "/x", "/x/jupyter/kernels"},
		{"", "", "/home/u/.local/share/jupyter/kernels"},
	} {
		t.Setenv("HOME", "/home/u")
		t.Setenv("JUPYTER_DATA_DIR", c.data)
		t.Setenv("XDG_DATA_HOME", c.xdg)
		if got, err := UserDir(); err != nil || got != c.want {
			t.Errorf("UserDir with %q, %q = %q, %v; want %q", c.data, c.xdg, got, err, c.want)
		}
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{"gophernotes": "gophernotes", "Go-1.26_x": "go-1.26_x", "": "", "..": "", "a/b": "", "ü": ""} {
		got, err := Name(in)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("Name(%q) = %q, %v", in, got, err)
		}
	}
}

func TestInstallReplaceRemove(t *testing.T) {
	kernels := filepath.Join(t.TempDir(), "share", "jupyter", "kernels")
	dir, err := Install(kernels, DefaultName, New("/old/interleave"), false)
	if err != nil {
		t.Fatal(err)
	}
	if dir != filepath.Join(kernels, "gophernotes") {
		t.Errorf("installed in %s", dir)
	}
	if _, err := Install(kernels, DefaultName, New("/new/interleave"), false); err != nil {
		t.Fatalf("replacing our own: %v", err)
	}
	got, err := Read(kernels, DefaultName)
	if err != nil || got.Argv[0] != "/new/interleave" || !got.Ours() || got.InterruptMode != "message" || got.Language != "go" {
		t.Errorf("read back %+v, %v", got, err)
	}
	names, _ := filepath.Glob(filepath.Join(kernels, "*"))
	hidden, _ := filepath.Glob(filepath.Join(kernels, ".*"))
	if len(names) != 1 || len(hidden) != 0 {
		t.Errorf("left behind: %q %q", names, hidden)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("folder mode %v, %v", info.Mode(), err)
	}
	if _, err := Remove(kernels, DefaultName); err != nil {
		t.Fatal(err)
	}
	if _, err := Remove(kernels, DefaultName); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("second Remove = %v", err)
	}
}

func TestForeignStays(t *testing.T) {
	for name, text := range map[string]string{
		"gophernotes": `{"argv":["gophernotes","{connection_file}"],"display_name":"Go","language":"go","name":"go"}`,
		"broken":      `{`,
		"empty":       ``,
	} {
		t.Run(name, func(t *testing.T) {
			kernels := t.TempDir()
			file := filepath.Join(kernels, DefaultName, "kernel.json")
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			var foreign *ForeignError
			if _, err := Install(kernels, DefaultName, New("/x"), false); !errors.As(err, &foreign) {
				t.Errorf("Install = %v", err)
			}
			if _, err := Remove(kernels, DefaultName); !errors.As(err, &foreign) {
				t.Errorf("Remove = %v", err)
			}
			if got, _ := os.ReadFile(file); string(got) != text {
				t.Errorf("changed to %q", got)
			}
			if _, err := Install(kernels, DefaultName, New("/x"), true); err != nil {
				t.Errorf("forced: %v", err)
			}
			if s, err := Read(kernels, DefaultName); err != nil || !s.Ours() {
				t.Errorf("after force: %+v, %v", s, err)
			}
		})
	}
}

// FuzzRead: whatever stands in a kernel.json, what is read of it can be written and read again.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"argv": ["/opt/interleave", "serve", "{connection_file}"], "display_name": "Go", "metadata": {"debugger": false}}`))
	f.Add([]byte(`{"argv": null, "env": {"A": "b"}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		kernels := t.TempDir()
		at := filepath.Join(kernels, "go")
		if err := os.Mkdir(at, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(at, "kernel.json"), text, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := Read(kernels, "go")
		if err != nil {
			return
		}
		if _, err := Install(kernels, "again", s, true); err != nil {
			t.Fatal(err)
		}
		if again, err := Read(kernels, "again"); err != nil || !slices.Equal(again.Argv, s.Argv) || again.DisplayName != s.DisplayName {
			t.Errorf("%+v is %+v after it was written, %v", s, again, err)
		}
	})
}

func TestFiles(t *testing.T) {
	kernels := t.TempDir()
	dir, err := Install(kernels, "go", New("/opt/interleave"), false)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	if argv, _ := json.Marshal(m["argv"]); string(argv) != `["/opt/interleave","serve","{connection_file}"]` {
		t.Errorf("argv %s", argv)
	}
	// JupyterLab takes debugger from here, and a client that reads of encryption or of the 5.6 handshake expects the kernel to speak it.
	metadata, _ := m["metadata"].(map[string]any)
	if len(metadata) != 1 || metadata["interleave"] == nil || m["kernel_protocol_version"] != "5.5" {
		t.Errorf("announced are %v and protocol %v", metadata, m["kernel_protocol_version"])
	}
	for name, size := range map[string]int{"logo-32x32.png": 32, "logo-64x64.png": 64} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil || img.Bounds().Dx() != size || img.Bounds().Dy() != size {
			t.Errorf("%s: %v, %v", name, img.Bounds(), err)
		}
	}
	svg, err := os.ReadFile(filepath.Join(dir, "logo-svg.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("logo-svg.svg: %v", err)
		}
	}
}
