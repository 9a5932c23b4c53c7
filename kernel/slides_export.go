package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"interleave/kernel/internal/browser"
	"interleave/kernel/internal/slides"
)

// exporter writes what is made of decks and charts by a browser. Its viewer is nil where there is none.
type exporter struct {
	viewer  *browser.Viewer
	scratch string
	to      streams
}

// newExporter starts the browser; without one it says what will be missing.
func newExporter(ctx context.Context, to streams, missing string) (*exporter, error) {
	e := &exporter{to: to}
	if _, err := browser.Find(); err != nil {
		fmt.Fprintf(to.err, "%s: %v\n", missing, err)
		return e, nil
	}
	scratch, err := os.MkdirTemp("", "interleave-slides-")
	if err != nil {
		return nil, err
	}
	e.scratch = scratch
	if e.viewer, err = browser.NewViewer(ctx, filepath.Join(scratch, "profile"), 1280, 720, 1); err != nil {
		os.RemoveAll(scratch)
		return nil, err
	}
	return e, nil
}

func (e *exporter) close() {
	if e.viewer != nil {
		e.viewer.Close()
		os.RemoveAll(e.scratch)
	}
}

// deck looks at a deck that was written, and writes it as PDF and PPTX beside itself.
func (e *exporter) deck(ctx context.Context, path, python, theme string) error {
	if e.viewer == nil {
		return nil
	}
	address, err := fileURL(path)
	if err != nil {
		return err
	}
	if err := e.viewer.Resize(1280, 720, 1); err != nil {
		return err
	}
	if err := e.viewer.Open(address); err != nil {
		return err
	}
	_, faults, err := slides.Check(e.viewer)
	if err != nil {
		return err
	}
	for _, f := range faults {
		fmt.Fprintf(e.to.err, "look at the slide %v\n", f)
	}
	base := path[:len(path)-len(filepath.Ext(path))]
	if err := e.viewer.Resize(1280, 720, 1.5); err != nil {
		return err
	}
	if err := e.viewer.Open(address); err != nil {
		return err
	}
	pages, err := slides.Pages(ctx, e.viewer)
	if err == nil {
		err = slides.PowerPoint(ctx, python, base+".pptx", theme, pages)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(e.to.out, base+".pptx")
	if err := e.viewer.Open(address + "?print-pdf"); err != nil {
		return err
	}
	if _, err := e.viewer.Eval(`new Promise(done => document.querySelector('.pdf-page') ? done('') : Reveal.on('pdf-ready', () => done('')))`); err != nil {
		return fmt.Errorf("lay %s out for printing: %w", path, err)
	}
	pdf, err := e.viewer.PDF(1280, 720)
	if err != nil {
		return err
	}
	if err := os.WriteFile(base+".pdf", pdf, 0o644); err != nil {
		return err
	}
	fmt.Fprintln(e.to.out, base+".pdf")
	return nil
}

// charts writes every chart of the notebooks into a folder.
func (e *exporter) charts(ctx context.Context, sources []slides.Source, dir, theme string) error {
	written, files := 0, 0
	for _, s := range sources {
		for _, c := range s.Charts() {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			if theme == "dark" {
				c = c.Darkened()
			}
			n, err := e.chart(c, filepath.Join(dir, c.File()))
			if err != nil {
				return fmt.Errorf("chart %s: %w", c.File(), err)
			}
			written, files = written+1, files+n
		}
	}
	if written == 0 {
		fmt.Fprintln(e.to.err, "the notebooks hold no charts: run them first, or give --execute")
		return nil
	}
	fmt.Fprintf(e.to.out, "%s: %d charts in %d files\n", dir, written, files)
	return nil
}

// chart writes one chart to files whose names begin with base, and returns how many.
func (e *exporter) chart(c slides.Chart, base string) (files int, err error) {
	if c.SVG == nil {
		fmt.Fprintf(e.to.err, "%s.png is the notebook's own picture: only charts of package plots, shown since they carry a slide, come as SVG and PDF\n", filepath.Base(base))
		return 1, os.WriteFile(base+".png", c.PNG, 0o644)
	}
	if err := os.WriteFile(base+".svg", c.SVG, 0o644); err != nil || e.viewer == nil {
		return 1, err
	}
	// A page of the chart's size that holds nothing else, for the picture and for paper.
	page := filepath.Join(e.scratch, "chart.html")
	text := fmt.Sprintf("<!DOCTYPE html><style>@page { size: %gpx %gpx; margin: 0 } html, body { margin: 0 } svg { display: block; width: %gpx; height: %gpx }</style>%s",
		c.Width, c.Height, c.Width, c.Height, c.Inline())
	if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
		return 1, err
	}
	address, err := fileURL(page)
	if err == nil {
		err = e.viewer.Resize(int(c.Width), int(c.Height), 2)
	}
	if err == nil {
		err = e.viewer.Open(address)
	}
	if err == nil {
		_, err = e.viewer.Eval(`document.fonts.ready.then(() => '')`)
	}
	if err != nil {
		return 1, err
	}
	png, err := e.viewer.Picture()
	if err == nil {
		err = os.WriteFile(base+".png", png, 0o644)
	}
	if err != nil {
		return 1, err
	}
	pdf, err := e.viewer.PDF(c.Width, c.Height)
	if err == nil {
		err = os.WriteFile(base+".pdf", pdf, 0o644)
	}
	return 3, err
}

// fileURL is the address of a file for a browser.
func fileURL(path string) (string, error) {
	abs, err := filepath.Abs(path)
	return (&url.URL{Scheme: "file", Path: abs}).String(), err
}
