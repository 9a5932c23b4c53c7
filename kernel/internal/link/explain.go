package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Explain compiles a unit as Build does, with more flags for the compiler, and returns what it prints: its decisions
// (-m=2, -d=ssa/check_bce) or its assembly (-S). Nothing is kept. The error is a *CompileError when the source is refused.
func (b *Builder) Explain(ctx context.Context, u Unit, flags ...string) ([]byte, error) {
	j, err := b.newJob(u)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(j.dir)
	if err := os.WriteFile(j.path("unit.go"), u.Source, 0o644); err != nil {
		return nil, fmt.Errorf("explain unit: %w", err)
	}
	cfg, err := j.compileConfig()
	if err != nil {
		return nil, err
	}
	args := slices.Concat([]string{"-o", j.path("nb.a"), "-p", unitPath, "-lang=" + b.shop.module.Lang, "-complete", "-dwarf=false",
		"-importcfg", cfg}, compileFlags(b.mode), flags, []string{j.path("unit.go")})
	cmd := exec.CommandContext(ctx, filepath.Join(b.shop.tool.Tools, "compile"), args...)
	cmd.Env = b.toolEnv
	cmd.Dir = j.dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.As(err, &exit) && len(out) > 0:
		return nil, &CompileError{Lines: strings.Split(strings.TrimRight(string(out), "\n"), "\n")}
	}
	return nil, fmt.Errorf("explain unit: %w", err)
}
