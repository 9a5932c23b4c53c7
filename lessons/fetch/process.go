package fetch

import (
	"bufio"
	"bytes"
	"context"
	_ "embed" // the source of the client command
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"

	"interleave/lessons/kit/child"
)

//go:embed client/main.go
var clientSource string

// process is a running client command.
type process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	trouble bytes.Buffer // read after Wait alone
}

// buildClient builds the client command unless it is in the cache, and says where it is.
func buildClient(ctx context.Context) (string, error) {
	return child.Build(ctx, child.Command{Name: "client", Source: clientSource})
}

// startProcess builds the client command unless it is in the cache, and starts it with another variable in its
// environment, if env is not "". It is killed when ctx ends.
func startProcess(ctx context.Context, env string) (*process, error) {
	path, err := buildClient(ctx)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, path)}
	if env != "" {
		p.cmd.Env = append(os.Environ(), env)
	}
	p.cmd.Stderr = &p.trouble
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the client: %w", err)
	}
	if line, err := p.out.ReadString('\n'); err != nil || line != "READY\n" {
		return nil, p.failed(fmt.Errorf("the client said %q instead of READY: %w", line, err))
	}
	return p, nil
}

// Round lets the client do one round; see package python.
func (p *process) Round(ctx context.Context, request, answer any) error {
	if err := json.NewEncoder(p.in).Encode(request); err != nil {
		return p.failed(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return p.failed(err)
	}
	return json.Unmarshal(line, answer)
}

// Close lets the client end with its input, and its workers with it.
func (p *process) Close() error {
	p.in.Close()
	return p.cmd.Wait()
}

func (p *process) failed(err error) error {
	p.Close()
	if words := bytes.TrimSpace(p.trouble.Bytes()); len(words) > 0 {
		return fmt.Errorf("%s", words)
	}
	return err
}
