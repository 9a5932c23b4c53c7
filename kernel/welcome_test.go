package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"interleave/kernel/internal/browser"
)

// TestWelcome: lab opens on the index of the notebooks, as a page to read, and its links open notebooks. All of it is
// what a newcomer starts.
func TestWelcome(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	notebooks, err := filepath.Abs("../notebooks")
	if err != nil {
		t.Fatal(err)
	}
	scratch, port := t.TempDir(), freePort(t)
	var log bytes.Buffer
	cmd := exec.CommandContext(ctx, self, "lab", "--no-browser", "--port", strconv.Itoa(port), notebooks, "--", "--IdentityProvider.token=newcomer", "--ServerApp.ip=127.0.0.1")
	cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+filepath.Join(scratch, "data"),
		"JUPYTERLAB_WORKSPACES_DIR="+filepath.Join(scratch, "workspaces"), "JUPYTERLAB_SETTINGS_DIR="+filepath.Join(scratch, "settings"),
		"JUPYTER_CONFIG_DIR="+filepath.Join(scratch, "config"), "JUPYTER_RUNTIME_DIR="+filepath.Join(scratch, "runtime"))
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { // ends with lab
		cmd.Wait()
		close(ended)
	}()
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	}()
	address := fmt.Sprintf("http://127.0.0.1:%d/", port)
	for tick := time.NewTicker(200 * time.Millisecond); ; {
		if resp, err := http.Get(address + "api/status?token=newcomer"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				break
			}
		}
		select {
		case <-ended:
			t.Fatalf("lab ended:\n%s", log.String())
		case <-ctx.Done():
			t.Fatal("lab does not answer")
		case <-tick.C:
		}
	}
	// The root of the server is the address that lab opens a browser on.
	p, err := browser.OpenAt(ctx, address+"?token=newcomer", t.TempDir(), `.jp-MarkdownViewer .jp-RenderedMarkdown table img`)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if shot, err := p.Screenshot(); err == nil {
		save(t, "welcome.png", shot)
	}
	err = p.Follow(`.jp-MarkdownViewer a[href*="05-race-condition"]`, `.jp-Notebook .jp-RenderedMarkdown h1`)
	if shot, e := p.Screenshot(); e == nil {
		save(t, "welcome-notebook.png", shot)
	}
	if err != nil {
		t.Error(err)
	}
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
