package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"interleave/kernel/internal/kerneltest"
)

// TestNewcomer makes on purpose what goes wrong in the first five minutes. Each message names its cure.
func TestNewcomer(t *testing.T) {
	goes, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	script := func(text string) string {
		path := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bin := func(programs map[string]string) string { // a folder for PATH
		dir := t.TempDir()
		for name, target := range programs {
			if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	gocache := goEnv(t, "GOCACHE")
	noVenv := script(`case "$*" in *sys.version_info*) echo 3 11 2; echo "$0";; *) echo "No module named ensurepip" >&2; exit 1;; esac`)
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Fatalf("%v: apt-get install gcc libc6-dev", err)
	}
	noHeaders := bin(map[string]string{"gcc": script(`exec ` + gcc + ` -nostdinc "$@"`)}) // gcc without libc6-dev
	path := os.Getenv("PATH")
	const nowhere = "http://127.0.0.1:1"
	for _, c := range []struct {
		name string
		env  map[string]string
		args []string
		want []string
	}{
		{"no Go", map[string]string{"PATH": bin(nil), "INTERLEAVE_GO": "/nonexistent/go"}, []string{"install", "--cold"}, []string{"go command was not found", "https://go.dev/dl"}},
		{"old Go", map[string]string{"INTERLEAVE_GO": bin(map[string]string{"go": script(`echo '{"GOVERSION": "go1.19.8"}'`)}) + "/go"}, []string{"install", "--cold"},
			[]string{"is go1.19.8, and Interleave needs go1.26", "https://go.dev/dl"}},
		{"no C compiler", map[string]string{"PATH": bin(map[string]string{"go": goes})}, []string{"install", "--cold"}, []string{"no C compiler was found", "apt-get install gcc libc6-dev"}},
		{"no headers", map[string]string{"PATH": noHeaders + ":" + path, "CC": "gcc"}, []string{"install", "--cold"}, []string{"does not find the headers of the C library", "stdlib.h", "apt-get install libc6-dev"}},
		{"no headers, asked the doctor", map[string]string{"PATH": noHeaders + ":" + path, "CC": "gcc"}, []string{"doctor"}, []string{"✗ C compiler", "stdlib.h", "apt-get install libc6-dev"}},
		{"all at once", map[string]string{"PATH": bin(map[string]string{"go": goes})}, []string{"lab", "--prepare", "--port", port},
			[]string{"apt-get install gcc libc6-dev", "apt-get install python3 python3-venv", "port " + port + " is in use", "--port"}},
		{"no venv module", map[string]string{"PATH": path}, []string{"lab", "--prepare", "--python", noVenv}, []string{"cannot make virtual environments", "apt-get install python3-venv"}},
		{"no such Python", map[string]string{"PATH": path}, []string{"lab", "--prepare", "--python", "python4"}, []string{`no program "python4"`, "--python"}},
		{"port in use", map[string]string{"PATH": path}, []string{"lab", "--port", port}, []string{"port " + port + " is in use", "leave --port away"}},
		{"no network, Python's packages", map[string]string{"PATH": path, "PIP_INDEX_URL": nowhere, "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.DevNull, "PIP_NO_CACHE_DIR": "1"},
			[]string{"lab", "--prepare"}, []string{"needs the Python package index", "HTTPS_PROXY", "start again"}},
		{"no network, Go's modules", map[string]string{"PATH": path, "GOMODCACHE": t.TempDir(), "GOPROXY": nowhere, "GONOSUMDB": "*", "GOFLAGS": "-modcacherw"},
			[]string{"install", "--cold"}, []string{"The first start downloads Go modules", "GOPROXY", "start again"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, value := range map[string]string{"HOME": kerneltest.Home(t), "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": t.TempDir(), "XDG_DATA_HOME": t.TempDir(), "GOCACHE": gocache, "GOMODCACHE": goEnv(t, "GOMODCACHE")} {
				if c.env[name] == "" {
					t.Setenv(name, value)
				}
			}
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			status, stdout, stderr := command(c.args...)
			if c.args[0] == "doctor" {
				stderr = stdout
			}
			if status != 1 {
				t.Errorf("exit status %d", status)
			}
			contains(t, stderr, c.want...)
			if n := strings.Count(stderr, "\n"); n > 30 {
				t.Errorf("%d lines:\n%s", n, stderr)
			}
		})
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
