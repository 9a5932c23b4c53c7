package browser

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Asked waits for the box in which the kernel asks for a line, and gives it the focus.
func (p *Page) Asked() error {
	return p.condition("an input box", `(() => { const box = document.querySelector('.jp-Stdin-input'); box?.focus(); return box !== null })()`)
}

// Answer types a line into the box, as a person does, and presses Enter.
func (p *Page) Answer(line string) error {
	if err := p.Asked(); err != nil {
		return err
	}
	err := p.do(
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: line})
			return err
		}),
		chromedp.KeyEvent(kb.Enter),
	)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}
