package browser

import (
	"errors"
	"os/exec"
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
