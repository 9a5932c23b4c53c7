package notebook

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// scripted is a kernel whose cells are scripts: each line is a message, "stream stdout text", or what
// happens: "fail NAME VALUE", "hang" until interrupted, "die".
type scripted struct {
	count     int
	interrupt chan struct{}
	late      func()
}

func (k *scripted) LanguageInfo(context.Context) (map[string]any, error) {
	return map[string]any{"name": "go", "version": "1.26"}, nil
}

func (k *scripted) Interrupt(context.Context) error { close(k.interrupt); return nil }

func (k *scripted) Execute(ctx context.Context, code string, _ bool, on func(string, json.RawMessage)) (Reply, error) {
	k.count++
	if k.late != nil {
		k.late()
		k.late = nil
	}
	reply := Reply{Status: "ok", ExecutionCount: k.count}
	for line := range strings.SplitSeq(code, "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "hang":
			select {
			case <-k.interrupt:
				reply.Status, reply.EName, reply.EValue = "error", "Interrupted", "interrupted"
			case <-ctx.Done():
				return reply, ctx.Err()
			}
		case "die":
			return reply, errors.New("connection ended")
		case "fail":
			reply.Status = "error"
			reply.EName, reply.EValue, _ = strings.Cut(rest, " ")
			on("error", json.RawMessage(`{"ename":"`+reply.EName+`","evalue":"`+reply.EValue+`","traceback":["tb"]}`))
		case "late":
			k.late = func() { on("stream", json.RawMessage(rest)) }
		default:
			on(word, json.RawMessage(rest))
		}
	}
	return reply, nil
}

func parseCells(t *testing.T, cells ...map[string]any) *Notebook {
	t.Helper()
	list := []any{}
	for _, c := range cells {
		c["cell_type"] = "code"
		if c["metadata"] == nil {
			c["metadata"] = map[string]any{}
		}
		if c["outputs"] == nil {
			c["outputs"] = []any{}
		}
		list = append(list, c)
	}
	text, err := json.Marshal(map[string]any{"nbformat": 4, "nbformat_minor": 5, "metadata": map[string]any{}, "cells": list})
	if err != nil {
		t.Fatal(err)
	}
	nb, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return nb
}

func code(source string) map[string]any { return map[string]any{"source": source} }

func tagged(source, tag string) map[string]any {
	return map[string]any{"source": source, "metadata": map[string]any{"tags": []string{tag}}}
}

// brief is a cell's outputs in one line.
func brief(c *Cell) string {
	var parts []string
	for _, o := range c.Outputs() {
		switch o["output_type"] {
		case "stream":
			parts = append(parts, o["name"].(string)+":"+o["text"].(string))
		case "error":
			parts = append(parts, "error:"+o["ename"].(string))
		default:
			text, _ := o["data"].(map[string]any)["text/plain"].(string)
			parts = append(parts, o["output_type"].(string)+":"+text)
		}
	}
	return strings.Join(parts, "|")
}

func TestRun(t *testing.T) {
	const (
		stdoutA  = `stream {"name":"stdout","text":"a"}`
		stderrB  = `stream {"name":"stderr","text":"b"}`
		showX    = `display_data {"data":{"text/plain":"x"},"metadata":{},"transient":{"display_id":"d"}}`
		updateY  = `update_display_data {"data":{"text/plain":"y"},"metadata":{},"transient":{"display_id":"d"}}`
		resultR  = `execute_result {"data":{"text/plain":"r"},"metadata":{},"execution_count":1}`
		clearNow = `clear_output {"wait":false}`
		clearW   = `clear_output {"wait":true}`
	)
	for _, c := range []struct {
		name   string
		cells  []map[string]any
		want   []string
		counts []int
		failed int // index of the cell that fails
	}{
		{"streams join", []map[string]any{code(stdoutA + "\n" + stdoutA + "\n" + stderrB + "\n" + stdoutA)}, []string{"stdout:aa|stderr:b|stdout:a"}, []int{1}, 0},
		{"result", []map[string]any{code("status {}\n" + resultR)}, []string{"execute_result:r"}, []int{1}, 0},
		{"update from a later cell", []map[string]any{code(showX), code(updateY)}, []string{"display_data:y", ""}, []int{1, 2}, 0},
		{"shown twice under one id", []map[string]any{code(showX + "\n" + strings.Replace(showX, `"x"`, `"z"`, 1))}, []string{"display_data:z|display_data:z"}, []int{1}, 0},
		{"clear", []map[string]any{code(stdoutA + "\n" + clearNow + "\n" + stderrB)}, []string{"stderr:b"}, []int{1}, 0},
		{"clear and wait", []map[string]any{code(stdoutA + "\n" + clearW), code(stdoutA + "\n" + clearW + "\n" + stderrB)}, []string{"stdout:a", "stderr:b"}, []int{1, 2}, 0},
		{"blank cells are not run", []map[string]any{code(" \n"), code(stdoutA)}, []string{"", "stdout:a"}, []int{0, 1}, 0},
		{"late output", []map[string]any{code(`late {"name":"stdout","text":"late"}`), code(stdoutA)}, []string{"stdout:late", "stdout:a"}, []int{1, 2}, 0},
		{"failure stops", []map[string]any{code(stdoutA), code("fail Panic boom"), code(stdoutA)}, []string{"stdout:a", "error:Panic", ""}, []int{1, 2, 0}, 2},
		{"raises-exception", []map[string]any{tagged("fail Panic boom", "raises-exception"), code(stdoutA)}, []string{"error:Panic", "stdout:a"}, []int{1, 2}, 0},
		{"skip-execution", []map[string]any{tagged("fail Panic boom", "skip-execution"), code(stdoutA)}, []string{"", "stdout:a"}, []int{0, 1}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			nb := parseCells(t, c.cells...)
			err := (&Runner{Kernel: &scripted{}}).Run(t.Context(), nb)
			var failed *CellError
			if c.failed == 0 && err != nil || c.failed > 0 && (!errors.As(err, &failed) || failed.Index != c.failed) {
				t.Fatalf("Run = %v", err)
			}
			for i, cell := range nb.Cells {
				if got := brief(cell); got != c.want[i] {
					t.Errorf("cell %d shows %q, want %q", i+1, got, c.want[i])
				}
				if cell.Count() != c.counts[i] {
					t.Errorf("cell %d has count %d, want %d", i+1, cell.Count(), c.counts[i])
				}
				if cell.ID() == "" {
					t.Errorf("cell %d has no id", i+1)
				}
			}
			if info, _ := nb.Metadata()["language_info"].(map[string]any); info["name"] != "go" {
				t.Errorf("language_info %v", info)
			}
			if _, err := nb.Bytes(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRunTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nb := parseCells(t, code("hang"), code(""))
		var started, ended int
		r := &Runner{
			Kernel:  &scripted{interrupt: make(chan struct{})},
			Timeout: 3 * time.Second,
			Started: func(i, n int, c *Cell) { started++ },
			Ended:   func(i, n int, c *Cell, took time.Duration, err error) { ended++ },
		}
		start := time.Now()
		err := r.Run(t.Context(), nb)
		var failed *CellError
		if !errors.As(err, &failed) || failed.Timeout != 3*time.Second || !strings.Contains(err.Error(), `cell 1 (In [1], "hang") took longer than 3s`) {
			t.Errorf("Run = %v", err)
		}
		if took := time.Since(start); took != 3*time.Second || started != 1 || ended != 1 {
			t.Errorf("took %v, %d started, %d ended", took, started, ended)
		}
	})
}

func TestRunKernelDies(t *testing.T) {
	nb := parseCells(t, code("die"))
	err := (&Runner{Kernel: &scripted{}}).Run(t.Context(), nb)
	var failed *CellError
	if err == nil || errors.As(err, &failed) || !strings.Contains(err.Error(), "connection ended") {
		t.Errorf("Run = %v", err)
	}
}
