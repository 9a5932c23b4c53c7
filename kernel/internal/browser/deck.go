package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Viewer is a browser window without a network, for files on this machine. Its methods are called one at a time.
type Viewer struct {
	ctx   context.Context
	close []context.CancelFunc

	mu       sync.Mutex
	requests []string
}

// NewViewer starts a browser whose profile lies in scratch, with a window of width x height CSS pixels, each of scale
// device pixels.
func NewViewer(ctx context.Context, scratch string, width, height int, scale float64) (*Viewer, error) {
	tab, end, err := launch(ctx, scratch, width, height,
		chromedp.Flag("allow-file-access-from-files", true),
		chromedp.Flag("hide-scrollbars", true),
		// The network is refused: every request goes to a proxy that is not there.
		chromedp.Flag("proxy-server", "http://127.0.0.1:1"),
		chromedp.Flag("proxy-bypass-list", "<-loopback>"),
	)
	if err != nil {
		return nil, err
	}
	v := &Viewer{ctx: tab, close: end}
	err = chromedp.Do(tab, chromedp.EmulateViewport(int64(width), int64(height), chromedp.EmulateScale(scale)))
	if err == nil {
		_, err = chromedp.Call(tab, network.Enable, network.EnableParams{})
	}
	if err == nil {
		err = chromedp.Listen(tab, v.note)
	}
	if err != nil {
		v.Close()
		return nil, fmt.Errorf("start the browser: %w", err)
	}
	return v, nil
}

// note keeps the addresses that a page asks for.
func (v *Viewer) note(event any) {
	e, ok := event.(*network.EventRequestWillBeSent)
	if !ok {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.requests = append(v.requests, e.Request.URL)
}

// Requests are the addresses outside of this machine's files that pages have asked for.
func (v *Viewer) Requests() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []string
	for _, r := range v.requests {
		if !strings.HasPrefix(r, "file:") && !strings.HasPrefix(r, "data:") && !strings.HasPrefix(r, "blob:") && !strings.HasPrefix(r, "about:") {
			out = append(out, r)
		}
	}
	return out
}

// Close ends the browser.
func (v *Viewer) Close() {
	for _, f := range v.close {
		f()
	}
}

// do is one step, within patience.
func (v *Viewer) do(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// Open opens an address and waits until its document, its pictures and its fonts are there.
func (v *Viewer) Open(address string) error {
	if err := v.do(chromedp.Navigate(address)); err != nil {
		return fmt.Errorf("open %.200s: %w", address, err)
	}
	_, err := v.Eval(`document.fonts.ready.then(() => 'ready')`)
	return err
}

// Eval is the text that a JavaScript expression, or the promise that it is, comes to.
func (v *Viewer) Eval(js string) (string, error) {
	ctx, cancel := context.WithTimeout(v.ctx, 2*patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
}

// Resize changes the window's size.
func (v *Viewer) Resize(width, height int, scale float64) error {
	return v.do(chromedp.EmulateViewport(int64(width), int64(height), chromedp.EmulateScale(scale)))
}

// Picture is the window as PNG.
func (v *Viewer) Picture() ([]byte, error) {
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return nil, fmt.Errorf("take a picture: %w", err)
	}
	return png, nil
}

// PDF is the page printed on paper of width x height CSS pixels, without margins.
func (v *Viewer) PDF(width, height float64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(v.ctx, 5*patience)
	defer cancel()
	const perInch = 96
	yes, none := true, 0.0
	var pdf []byte
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		r, err := cdp.Call(ctx, t, page.PrintToPDF, page.PrintToPDFParams{
			PrintBackground: &yes, PaperWidth: width / perInch, PaperHeight: height / perInch,
			MarginTop: &none, MarginBottom: &none, MarginLeft: &none, MarginRight: &none,
		})
		pdf = []byte(r.Data)
		return err
	}))
	if err == nil && len(pdf) == 0 {
		err = errors.New("the browser printed nothing")
	}
	if err != nil {
		return nil, fmt.Errorf("print: %w", err)
	}
	return pdf, nil
}

// Eval is the text that a JavaScript expression comes to on the notebook's page.
func (p *Page) Eval(js string) (string, error) {
	ctx, cancel := p.limited()
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
}
