package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"interleave/kernel/internal/client"
	"interleave/kernel/internal/kernelspec"
	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
)

// TestVSCode starts and stops the kernel in the manner of VS Code's Jupyter extension: by kernel.json, without the
// environment that a Jupyter server sets, with connections to the ports that say nothing until somebody listens, and
// with SIGTERM at the end and no request to shut down.
func TestVSCode(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	kernels, dir := t.TempDir(), t.TempDir()
	if _, err := kernelspec.Install(kernels, kernelspec.DefaultName, kernelspec.New(self), false); err != nil {
		t.Fatal(err)
	}
	spec, err := kernelspec.Read(kernels, kernelspec.DefaultName)
	if err != nil {
		t.Fatal(err)
	}
	conn := wire.Connection{Transport: "tcp", IP: "127.0.0.1", Key: wire.Key("0f6a1c"), SignatureScheme: "hmac-sha256"}
	ports := []*int{&conn.Ports.Shell, &conn.Ports.Control, &conn.Ports.Stdin, &conn.Ports.IOPub, &conn.Ports.Heartbeat}
	for i, port := range ports {
		for taken := true; taken; {
			*port, taken = freePort(t), false
			for _, other := range ports[:i] {
				taken = taken || *other == *port
			}
		}
	}
	file := filepath.Join(dir, "kernel-v2-1.json")
	if err := conn.Write(file); err != nil {
		t.Fatal(err)
	}
	var argv []string
	for _, a := range spec.Argv {
		argv = append(argv, strings.ReplaceAll(a, "{connection_file}", file))
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "JPY_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the kernel, at the latest by the line below
	defer cmd.Process.Kill()

	for range 3 {
		for _, port := range ports {
			probe(t, ctx, *port)
		}
	}
	c, err := client.Dial(ctx, conn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.Execute(ctx, "import \"os\"\nos.Getpid()", client.ExecuteOptions{})
	if err != nil || r.Status != "ok" {
		t.Fatalf("%+v, %v", r, err)
	}
	worker, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(kerneltest.Text(r, kerneltest.TextOptions{})), "result: "))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the kernel ended with %v", err)
		}
	case <-ctx.Done():
		t.Fatal("the kernel does not end by SIGTERM")
	}
	for !errors.Is(syscall.Kill(worker, 0), syscall.ESRCH) {
		select {
		case <-ctx.Done():
			t.Fatal("the worker is left")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// probe connects to a port until somebody listens, and hangs up.
func probe(t *testing.T, ctx context.Context, port int) {
	t.Helper()
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			c.Close()
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("nobody listens on port %d: %v", port, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
