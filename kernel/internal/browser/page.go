package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Page is a notebook open in a JupyterLab window. Its methods wait for what they ask for, within
// patience.
type Page struct {
	ctx   context.Context
	close []context.CancelFunc
}

// patience is how long one wait or click may take.
const patience = 60 * time.Second

// limited is the page's context for one step: its end does not close the browser.
func (p *Page) limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, patience)
}

// do clicks, types and waits, within patience.
func (p *Page) do(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := p.limited()
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// Cell is a code cell as the page shows it.
type Cell struct {
	Prompt  string   `json:"prompt"` // "[3]:", "[*]:" or "[ ]:"
	Source  string   `json:"source"`
	Outputs []Output `json:"outputs"`
}

// Output is one output as the page shows it. Width and Height are those of a picture on the page, in CSS
// pixels; 0 when there is none or it did not load.
type Output struct {
	MIME   string  `json:"mime"`
	Text   string  `json:"text"`
	Error  bool    `json:"error"` // printed to standard error, or the cell's error
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// Text is the text of all outputs of the cell.
func (c Cell) Text() string {
	var b strings.Builder
	for _, o := range c.Outputs {
		b.WriteString(o.Text)
	}
	return b.String()
}

// Number is the cell's execution count as shown, "*" while it waits or runs, "" before.
func (c Cell) Number() string { return strings.Trim(c.Prompt, "[]: ") }

// Open opens a notebook of the server in a new browser, whose profile lies in scratch, and waits until its
// kernel is idle.
func Open(ctx context.Context, l *Lab, scratch, notebook string) (*Page, error) {
	p, err := OpenAt(ctx, l.URL+"/tree/"+url.PathEscape(notebook)+"?reset&token="+l.Token, scratch, `.jp-Notebook .jp-CodeCell`)
	if err == nil {
		if err = p.WaitIdle(); err != nil {
			p.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open %s in JupyterLab: %w", notebook, err)
	}
	return p, nil
}

// OpenAt opens an address and waits until what selector names is to be seen.
func OpenAt(ctx context.Context, address, scratch, selector string) (*Page, error) {
	tab, end, err := launch(ctx, scratch, 1280, 1600, chromedp.Flag("disable-quic", true))
	if err != nil {
		return nil, err
	}
	p := &Page{ctx: tab, close: end}
	if err := chromedp.Do(tab, chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS(selector))); err != nil {
		p.Close()
		return nil, fmt.Errorf("open %s: %w", address, err)
	}
	return p, nil
}

// Follow clicks on what selector names and waits until what next names is to be seen.
func (p *Page) Follow(selector, next string) error {
	return p.do(chromedp.Click(chromedp.CSS(selector)), chromedp.WaitVisible(chromedp.CSS(next)))
}

// Close ends the browser.
func (p *Page) Close() {
	for _, f := range p.close {
		f()
	}
}

// condition waits until a JavaScript expression is true. It looks again with each frame that is drawn.
func (p *Page) condition(what, js string) error {
	ctx, cancel := p.limited()
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](js, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(0))); err != nil {
		return fmt.Errorf("wait for %s: %w", what, err)
	}
	return nil
}

// busy is true while a cell waits or runs, or the kernel is not there yet or says it is not idle. Without the
// first, JupyterLab calls a kernel idle that has not been started.
const busy = `([...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')].some(e => e.textContent.includes('*')) ||
	['', 'No Kernel'].includes(document.querySelector('[data-jp-item-name="kernelName"]')?.textContent.trim() ?? '') ||
	!document.querySelector('.jp-Notebook-ExecutionIndicator[data-status="idle"]'))`

// WaitIdle waits until no cell waits or runs and the kernel says that it is idle.
func (p *Page) WaitIdle() error { return p.condition("an idle kernel", `!`+busy) }

// Wait waits until the code cells are as wanted and nothing waits or runs. Since a click takes effect some
// time after it, want must be about what the click changes.
func (p *Page) Wait(what string, want func([]Cell) bool) error {
	return p.wait(what, func(cells []Cell) (bool, error) {
		if !want(cells) {
			return false, nil
		}
		idle, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`!`+busy))
		return idle, err
	})
}

// WaitRunning waits until code cell i (from 0) is marked as running and the kernel says that it is busy.
func (p *Page) WaitRunning(i int) error {
	return p.wait(fmt.Sprintf("cell %d to run", i), func(cells []Cell) (bool, error) {
		if i >= len(cells) || cells[i].Number() != "*" {
			return false, nil
		}
		return chromedp.Run(p.ctx, chromedp.Evaluate[bool](`document.querySelector('.jp-Notebook-ExecutionIndicator[data-status="busy"]') !== null`))
	})
}

// wait looks at the page again and again: it does not tell when it changes.
func (p *Page) wait(what string, ready func([]Cell) (bool, error)) error {
	ctx, cancel := p.limited()
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last []Cell
	for {
		cells, err := p.Cells()
		if err == nil {
			last = cells
			var ok bool
			if ok, err = ready(cells); ok {
				return nil
			}
		}
		if err != nil {
			return fmt.Errorf("wait for %s: %w; the cells were %+v", what, err, last)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w; the cells were %+v", what, ctx.Err(), last)
		}
	}
}

// read is the page's code cells as JSON.
const read = `JSON.stringify([...document.querySelectorAll('.jp-Notebook .jp-CodeCell')].map(cell => ({
	prompt: cell.querySelector('.jp-InputPrompt').textContent.trim(),
	source: [...cell.querySelectorAll('.cm-line')].map(l => l.textContent).join('\n'),
	outputs: [...cell.querySelectorAll('.jp-OutputArea-output')].map(out => {
		const pic = out.querySelector('img, svg');
		const box = pic && (pic.tagName !== 'IMG' || pic.complete && pic.naturalWidth > 0) ? pic.getBoundingClientRect() : {width: 0, height: 0};
		const mime = out.getAttribute('data-mime-type') || '';
		return {mime: mime, text: out.textContent, error: mime.endsWith('stderr') || mime.endsWith('error'), width: box.width, height: box.height};
	})
})))`

// Cells are the code cells, from first to last.
func (p *Page) Cells() ([]Cell, error) {
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](read))
	if err != nil {
		return nil, fmt.Errorf("read the cells: %w", err)
	}
	var cells []Cell
	err = json.Unmarshal([]byte(text), &cells)
	return cells, err
}

// menu chooses an entry of a top menu, named by its command.
func (p *Page) menu(title, command string) error {
	entry := fmt.Sprintf(`.lm-Menu .lm-Menu-item[data-command=%q]`, command)
	err := p.do(
		chromedp.Click(fmt.Sprintf(`//div[contains(@class,'lm-MenuBar-itemLabel') and text()=%q]`, title)),
		chromedp.WaitVisible(chromedp.CSS(entry)),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error { return point(ctx, entry) }),
		chromedp.WaitVisible(chromedp.CSS(entry+`.lm-mod-active`)),
		chromedp.Click(chromedp.CSS(entry)),
	)
	if err != nil {
		return fmt.Errorf("menu %s, command %s: %w", title, command, err)
	}
	return nil
}

// point moves the mouse onto an element: a menu takes a click only where the mouse has moved.
func point(ctx context.Context, selector string) error {
	at, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](fmt.Sprintf(
		`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return [r.x + r.width/2, r.y + r.height/2]; })()`, selector)))
	if err != nil {
		return err
	}
	return chromedp.Do(ctx, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
}

// RunAll chooses Run > Run All Cells. It does not wait for their end.
func (p *Page) RunAll() error { return p.menu("Run", "runmenu:run-all") }

// Interrupt chooses Kernel > Interrupt Kernel.
func (p *Page) Interrupt() error { return p.menu("Kernel", "kernelmenu:interrupt") }

// RestartAndRunAll chooses Kernel > Restart Kernel and Run All Cells, and says yes.
func (p *Page) RestartAndRunAll() error {
	if err := p.menu("Kernel", "runmenu:restart-and-run-all"); err != nil {
		return err
	}
	err := p.do(
		chromedp.Click(chromedp.CSS(`.jp-Dialog button.jp-mod-accept`)),
		chromedp.WaitNotPresent(chromedp.CSS(`.jp-Dialog`)),
	)
	if err != nil {
		return fmt.Errorf("confirm the restart: %w", err)
	}
	return nil
}

// Save chooses File > Save Notebook and waits until it is saved.
func (p *Page) Save() error {
	if err := p.menu("File", "docmanager:save"); err != nil {
		return err
	}
	return p.condition("the notebook to be saved", `!document.querySelector('.lm-DockPanel-tabBar .jp-mod-dirty')`)
}

// Edit replaces the text of code cell i (from 0), as if typed by a person in one go.
func (p *Page) Edit(i int, text string) error {
	focus := fmt.Sprintf(`(() => { const c = document.querySelectorAll('.jp-Notebook .jp-CodeCell')[%d].querySelector('.cm-content');
		c.scrollIntoView({block: 'center'}); c.focus(); return document.activeElement === c; })()`, i)
	ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](focus))
	if err == nil && !ok {
		err = errors.New("its editor does not take the focus")
	}
	if err == nil {
		err = p.do(
			chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)),
			chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
				_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
				return err
			}),
		)
	}
	if err != nil {
		return fmt.Errorf("edit cell %d: %w", i, err)
	}
	return nil
}

// Run presses Shift+Enter in the cell that has the focus. It does not wait for the cell's end.
func (p *Page) Run() error {
	if err := p.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierShift))); err != nil {
		return fmt.Errorf("run the cell: %w", err)
	}
	return nil
}

// Screenshot is the window as PNG.
func (p *Page) Screenshot() ([]byte, error) {
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return nil, fmt.Errorf("take a screenshot: %w", err)
	}
	return png, nil
}

// Show scrolls code cell i (from 0) to the top of the window.
func (p *Page) Show(i int) error {
	scroll := fmt.Sprintf(`(() => { let found = false; document.querySelectorAll('.jp-Notebook .jp-CodeCell').forEach((c, n) => {
		if (n === %d) { c.id = 'interleave-picture'; c.scrollIntoView({block: 'start'}); found = true } else { c.removeAttribute('id') } }); return found; })()`, i)
	found, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](scroll))
	if err == nil && !found {
		err = errors.New("there is no such cell")
	}
	if err != nil {
		return fmt.Errorf("show cell %d: %w", i, err)
	}
	return nil
}

// PictureOf is code cell i (from 0) with its outputs as PNG.
func (p *Page) PictureOf(i int) ([]byte, error) {
	if err := p.Show(i); err != nil {
		return nil, err
	}
	png, err := chromedp.Run(p.ctx, chromedp.Screenshot(chromedp.ID("interleave-picture")))
	if err != nil {
		return nil, fmt.Errorf("take a picture of cell %d: %w", i, err)
	}
	return png, nil
}
