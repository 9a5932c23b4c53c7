package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"interleave/kernel/internal/client"
	"interleave/kernel/internal/notebook"
	"interleave/kernel/internal/wire"
)

// child is a kernel of ours in a process of its own, as Jupyter would start it, for the notebook runner.
type child struct {
	kernel *client.Kernel
	dir    string // of the connection file and the sockets
}

// runFolder begins the name of a child's folder; the number of the process that made it follows.
const runFolder = "interleave-run-"

// removeAbandoned removes the folders of runs that were killed between making one and starting the kernel that removes it.
func removeAbandoned() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), runFolder+"*-*"))
	for _, folder := range folders {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), runFolder), "-")
		pid, err := strconv.Atoi(owner)
		if err != nil || pid <= 0 || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		// A kernel that got as far as its sockets removes them itself, and may be at work in another container that shares this folder.
		if sockets, _ := filepath.Glob(filepath.Join(folder, "ipc-*")); len(sockets) == 0 {
			os.RemoveAll(folder) // ours, or it fails
		}
	}
}

// startChild starts `serve` in a notebook's folder, over ipc: no port can be taken by another program.
func startChild(ctx context.Context, folder string, env ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	removeAbandoned()
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", runFolder, os.Getpid()))
	if err != nil {
		return nil, err
	}
	k, err := client.Start(ctx, dir, client.Spec{
		Argv: []string{self, "serve", "--no-history", "--run-by", strconv.Itoa(os.Getpid()), "{connection_file}"}, Transport: "ipc", Dir: folder, Env: env,
	})
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return &child{kernel: k, dir: dir}, nil
}

// close ends the kernel, by message if it listens and by force if not.
func (c *child) close() error {
	defer os.RemoveAll(c.dir)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if c.kernel.Stop(ctx) != nil {
		c.kernel.Kill()
	}
	return nil
}

func (c *child) Execute(ctx context.Context, code string, continueOnError bool, onMessage func(string, json.RawMessage)) (notebook.Reply, error) {
	opts := client.ExecuteOptions{ContinueOnError: continueOnError}
	opts.Discard = true
	opts.OnMessage = func(m wire.Message) { onMessage(m.Header.MsgType, m.Content) }
	r, err := c.kernel.Execute(ctx, code, opts)
	if err != nil {
		if out := strings.TrimSpace(c.kernel.Output()); out != "" && !errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("%w\nthe kernel's last words:\n%s", err, out)
		}
		return notebook.Reply{}, err
	}
	return notebook.Reply{Status: r.Status, EName: r.EName, EValue: r.EValue, Traceback: r.Traceback, ExecutionCount: r.ExecutionCount}, nil
}

func (c *child) Interrupt(ctx context.Context) error { return c.kernel.Interrupt(ctx) }

func (c *child) LanguageInfo(ctx context.Context) (map[string]any, error) {
	r, err := c.kernel.Request(ctx, wire.Shell, "kernel_info_request", map[string]any{})
	if err != nil {
		return nil, err
	}
	var content struct {
		LanguageInfo map[string]any `json:"language_info"`
	}
	err = json.Unmarshal(r.Reply.Content, &content)
	return content.LanguageInfo, err
}
