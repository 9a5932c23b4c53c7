package magic

import (
	"context"
	"fmt"
	"strings"

	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/session"
)

// get adds modules to the go.mod and says what that means for the cells to come.
func get(ctx context.Context, h Host, args string) error {
	words, err := splitWords(args)
	if err != nil {
		return fmt.Errorf("%%get: %w", err)
	}
	flag := ""
	if len(words) > 0 && strings.HasPrefix(words[0], "-") {
		flag = words[0]
	}
	switch {
	case len(words) == 0, flag == "-list" && len(words) == 1:
		holding, err := h.Modules().Holding(ctx)
		if err != nil {
			return fmt.Errorf("%%get: %w", err)
		}
		h.Out().Stream("stdout", []byte(holdingText(holding)))
		return nil
	case flag == "-reset" && len(words) == 1:
		changes, err := h.Modules().Reset(ctx)
		if err != nil {
			return fmt.Errorf("%%get -reset: %w", err)
		}
		sayChanges(ctx, h, changes)
		return nil
	case flag == "-list" || flag == "-reset":
		return fmt.Errorf("%%get %s takes no argument, and got %s", flag, words[1])
	case flag != "":
		return fmt.Errorf("%%get takes packages, -list or -reset, not the flag %s: %%get golang.org/x/sync@latest", flag)
	}
	p := h.Waits()
	p.Say("Getting %s", strings.Join(words, " "))
	changes, err := h.Modules().Get(ctx, words)
	p.End()
	if err != nil {
		return fmt.Errorf("%%get: %w%s", err, faults.FetchCure(err))
	}
	sayChanges(ctx, h, changes)
	return nil
}

// sayChanges tells what has been added, changed and removed.
func sayChanges(ctx context.Context, h Host, changes []link.Change) {
	var b strings.Builder
	for _, c := range changes {
		switch {
		case c.Before == "":
			fmt.Fprintf(&b, "added %s %s\n", c.Path, c.After)
		case c.After == "":
			fmt.Fprintf(&b, "removed %s %s\n", c.Path, c.Before)
		default:
			fmt.Fprintf(&b, "changed %s %s to %s\n", c.Path, c.Before, c.After)
		}
	}
	if len(changes) == 0 {
		b.WriteString("nothing to change\n")
	}
	h.Out().Stream("stdout", []byte(b.String()))
	notes(h.Out(), Waiting(changes))
}

// Waiting says which of the changes wait for a restart.
func Waiting(changes []link.Change) (notes []string) {
	var loaded, removed []string
	for _, c := range changes {
		switch {
		case c.Loaded != "" && c.After == "":
			removed = append(removed, c.Path)
		case c.Loaded != "":
			loaded = append(loaded, c.Path+" "+c.Loaded)
		}
	}
	if len(loaded) > 0 {
		notes = append(notes, strings.Join(loaded, ", ")+" is loaded and stays as it is; restart the kernel to use the new version")
	}
	if len(removed) > 0 {
		notes = append(notes, strings.Join(removed, ", ")+" is loaded, and can be used until the kernel restarts")
	}
	return notes
}

// holdingText shows what a notebook may import, in lines that add it elsewhere.
func holdingText(h link.Holding) string {
	var b strings.Builder
	switch {
	case h.File != "":
		fmt.Fprintf(&b, "%s governs this notebook, and requires", h.File)
	default:
		fmt.Fprintf(&b, "no go.mod governs %s; its notebooks asked for", h.Folder)
	}
	if len(h.Modules) == 0 {
		b.WriteString(" nothing\n")
		return b.String()
	}
	b.WriteString(":\n")
	for _, m := range h.Modules {
		paths := m.Packages
		if len(paths) == 0 {
			paths = []string{m.Path}
		}
		for _, path := range paths {
			fmt.Fprintf(&b, "%%get %s@%s\n", path, m.Version)
		}
	}
	return b.String()
}

// notes tells the reader something beside the cell's output, a line each.
func notes(out session.Output, list []string) {
	for _, n := range list {
		out.Stream("stderr", []byte("note: "+n+"\n"))
	}
}

// autoget and noautoget are GoNB's words.
func autoget(_ context.Context, h Host, args string) error {
	return setAutoget(h, "%autoget", args, true)
}

func noautoget(_ context.Context, h Host, args string) error {
	return setAutoget(h, "%noautoget", args, false)
}

func setAutoget(h Host, name, args string, on bool) error {
	if err := none(name, args); err != nil {
		return err
	}
	h.Modules().SetAutoget(on)
	return nil
}
