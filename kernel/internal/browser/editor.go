package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Proposal is one line of the completer.
type Proposal struct {
	Text string `json:"text"`
	Type string `json:"type"` // function, method …
}

// insist does something again every few seconds until a JavaScript expression is true: JupyterLab forgets an answer
// that comes after a second.
func (p *Page) insist(what, js string, do func() error) error {
	for began := time.Now(); ; {
		if err := do(); err != nil {
			return fmt.Errorf("ask for %s: %w", what, err)
		}
		ctx, cancel := context.WithTimeout(p.ctx, 3*time.Second)
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](js, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(0)))
		cancel()
		if err == nil {
			return nil
		} else if time.Since(began) > patience {
			return fmt.Errorf("wait for %s: %w", what, err)
		}
	}
}

// proposals is the completer's list as JSON.
const proposals = `JSON.stringify([...document.querySelectorAll('.jp-Completer:not(.lm-mod-hidden) .jp-Completer-item')].map(item => ({
	text: item.querySelector('.jp-Completer-match').textContent,
	type: item.querySelector('.jp-Completer-typeExtended')?.textContent ?? '',
})))`

// Complete presses Tab in the cell that has the focus, as a person does until there is an answer, and returns what
// the completer shows.
func (p *Page) Complete() ([]Proposal, error) {
	tab := func() error { return p.do(chromedp.KeyEvent(kb.Tab)) }
	if err := p.insist("the completer", proposals+` !== '[]'`, tab); err != nil {
		return nil, err
	}
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](proposals))
	if err != nil {
		return nil, fmt.Errorf("read the completer: %w", err)
	}
	var list []Proposal
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("read the completer: %w", err)
	}
	return list, nil
}

// Accept presses Enter, which puts the first proposal into the cell, and waits until the completer is gone.
func (p *Page) Accept() error {
	if err := p.do(chromedp.KeyEvent(kb.Enter)); err != nil {
		return fmt.Errorf("press Enter: %w", err)
	}
	return p.condition("the completer to go", proposals+` === '[]'`)
}

// tooltip is the text of the tooltip.
const tooltip = `(document.querySelector('.jp-Tooltip .jp-Tooltip-content')?.innerText ?? '')`

// Tooltip presses Shift+Tab in the cell that has the focus, likewise, and returns what the tooltip says.
func (p *Page) Tooltip() (string, error) {
	tab := func() error { return p.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift))) }
	if err := p.insist("the tooltip", tooltip+` !== ''`, tab); err != nil {
		return "", err
	}
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](tooltip))
	if err != nil {
		return "", fmt.Errorf("read the tooltip: %w", err)
	}
	return strings.TrimSpace(text), nil
}

// Escape closes the completer or the tooltip.
func (p *Page) Escape() error {
	if err := p.do(chromedp.KeyEvent(kb.Escape)); err != nil {
		return fmt.Errorf("press Escape: %w", err)
	}
	return p.condition("nothing in front of the notebook", proposals+` === '[]' && `+tooltip+` === ''`)
}
