package python

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"interleave/kernel/internal/whole"
)

//go:embed papermill/interleave_papermill.py
var papermillGo []byte

//go:embed nbconvert/interleave_nbconvert.py
var nbconvertGo []byte

// A Module is a file of Python of ours that programs of Jupyter find by an entry point.
type Module struct {
	Name        string // interleave_papermill
	Text        []byte
	EntryPoints string // as in entry_points.txt
	summary     string
}

// NBConvert is the module by which nbconvert writes Go notebooks as programs.
func NBConvert() Module {
	return Module{"interleave_nbconvert", nbconvertGo, "[nbconvert.exporters.script]\ngo = interleave_nbconvert:GoExporter\n", "Go programs by nbconvert"}
}

// papermill is the module without which papermill knows no Go.
func papermill() Module {
	return Module{"interleave_papermill", papermillGo, "[papermill.engine]\ninterleave = interleave_papermill:Engine\n", "Go parameters for papermill"}
}

// planted are the files of packages of our own in site-packages. Without papermill and nbconvert nothing loads them.
func planted() map[string][]byte {
	files := map[string][]byte{}
	for _, m := range []Module{papermill(), NBConvert()} {
		info := m.Name + "-1.dist-info/"
		name := strings.ReplaceAll(m.Name, "_", "-")
		files[m.Name+".py"] = m.Text
		files[info+"METADATA"] = []byte("Metadata-Version: 2.1\nName: " + name + "\nVersion: 1\nSummary: " + m.summary + "\n")
		files[info+"WHEEL"] = []byte("Wheel-Version: 1.0\nGenerator: interleave\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
		files[info+"INSTALLER"] = []byte("interleave\n")
		files[info+"entry_points.txt"] = []byte(m.EntryPoints)
		files[info+"RECORD"] = []byte(m.Name + ".py,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "INSTALLER,,\n" + info + "entry_points.txt,,\n" + info + "RECORD,,\n")
	}
	return files
}

// plant brings the packages in an environment up to date. Their content is not part of the environment's name:
// for a change of them nothing need be downloaded again.
func plant(env *Env) error {
	site := filepath.Join(env.Dir, "lib", fmt.Sprintf("python%d.%d", env.Python.Major, env.Python.Minor), "site-packages")
	for name, text := range planted() {
		path := filepath.Join(site, name)
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
			continue
		}
		if err := whole.Write(path, text, 0o644); err != nil { // other processes may be using the environment
			return fmt.Errorf("add Go to papermill and nbconvert: %w", err)
		}
	}
	return nil
}
