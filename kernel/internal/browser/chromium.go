package browser

import (
	"context"
	"errors"
	"os"
	"os/exec"

	"github.com/chromedp/chromedp"
)

// ErrNoChromium says that no browser was found, and what to do.
var ErrNoChromium = errors.New("no Chromium was found on the PATH; install it with: apt-get install chromium")

// Find returns the path of a Chromium or Chrome.
func Find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoChromium
}

// launch makes the context of a tab in a browser of its own, whose profile lies in scratch and whose window has width x height
// CSS pixels. The browser starts with the first thing that is done there; the functions of end, called in order, close it.
func launch(ctx context.Context, scratch string, width, height int, more ...chromedp.ExecAllocatorOption) (tab context.Context, end []context.CancelFunc, err error) {
	path, err := Find()
	if err != nil {
		return nil, nil, err
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(scratch),
		chromedp.WindowSize(width, height),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-component-update", true),
	)
	if os.Geteuid() == 0 {
		flags = append(flags, chromedp.NoSandbox)
	}
	alloc, closeAlloc := chromedp.NewExecAllocator(ctx, append(flags, more...)...)
	tab, closeTab := chromedp.NewContext(alloc)
	return tab, []context.CancelFunc{closeTab, closeAlloc}, nil
}
