package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// LabOptions say which JupyterLab is started, and on what.
type LabOptions struct {
	Program string   // jupyter-lab of the environment
	Dir     string   // folder to open
	Scratch string   // an empty folder for everything the server and JupyterLab keep
	Env     []string // added to the environment
}

// Lab is a running JupyterLab server.
type Lab struct {
	URL    string // of JupyterLab itself, without token
	Token  string
	Dir    string // the folder that is open
	cmd    *exec.Cmd
	exited chan struct{}
	log    *log
}

// log keeps what the server prints.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// settings make the page whole and still: every cell is in the DOM, nothing completes or closes what is
// typed, and nothing asks.
var settings = map[string]string{
	"notebook-extension/tracker":      `{"windowingMode": "none", "codeCellConfig": {"autoClosingBrackets": false}, "recordTiming": false}`,
	"apputils-extension/notification": `{"fetchNews": "false", "checkForUpdates": false}`,
}

// writeSettings writes them where JupyterLab keeps a user's.
func writeSettings(dir string) error {
	for name, text := range settings {
		path := filepath.Join(dir, "@jupyterlab", name+".jupyterlab-settings")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// StartLab starts a server on a free port and waits until it answers.
func StartLab(ctx context.Context, o LabOptions) (*Lab, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	if err := writeSettings(filepath.Join(o.Scratch, "settings")); err != nil {
		return nil, err
	}
	l := &Lab{URL: fmt.Sprintf("http://127.0.0.1:%d/lab", port), Token: "interleave-test", Dir: o.Dir, exited: make(chan struct{}), log: &log{}}
	l.cmd = exec.Command(o.Program, "--no-browser", "--ServerApp.ip=127.0.0.1", "--port="+strconv.Itoa(port), "--ServerApp.port_retries=0",
		"--IdentityProvider.token="+l.Token, "--ServerApp.root_dir="+o.Dir, "--allow-root")
	l.cmd.Env = append(os.Environ(),
		"JUPYTERLAB_SETTINGS_DIR="+filepath.Join(o.Scratch, "settings"),
		"JUPYTERLAB_WORKSPACES_DIR="+filepath.Join(o.Scratch, "workspaces"),
		"JUPYTER_CONFIG_DIR="+filepath.Join(o.Scratch, "config"),
		"JUPYTER_RUNTIME_DIR="+filepath.Join(o.Scratch, "runtime"),
		"JUPYTER_PREFER_ENV_PATH=1",
		"IPYTHONDIR="+filepath.Join(o.Scratch, "ipython"),
	)
	l.cmd.Env = append(l.cmd.Env, o.Env...)
	l.cmd.Stdout, l.cmd.Stderr = l.log, l.log
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	l.cmd.WaitDelay = time.Second
	if err := l.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start JupyterLab: %w", err)
	}
	go func() { // ends with the process
		l.cmd.Wait()
		close(l.exited)
	}()
	if err := l.ready(ctx); err != nil {
		l.Close()
		return nil, fmt.Errorf("%w\nits log:\n%s", err, l.Log())
	}
	return l, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("choose a port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// ready polls until the server answers: it has no other way to say so.
func (l *Lab) ready(ctx context.Context) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.URL+"/../api/status?token="+l.Token, nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-l.exited:
			return errors.New("JupyterLab ended while starting")
		case <-ctx.Done():
			return fmt.Errorf("JupyterLab does not answer: %w", ctx.Err())
		}
	}
}

// Log is what the server has printed.
func (l *Lab) Log() string { return l.log.String() }

// Pid is the server's process.
func (l *Lab) Pid() int { return l.cmd.Process.Pid }

// Close ends the server, which ends its kernels, and waits for it.
func (l *Lab) Close() {
	l.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-l.exited:
	case <-time.After(15 * time.Second):
		syscall.Kill(-l.Pid(), syscall.SIGKILL)
		<-l.exited
	}
}
