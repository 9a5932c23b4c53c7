//go:build !linux

package camera

import "errors"

// lower cannot be done here: elsewhere priorities belong to whole processes.
func lower(int) error { return errors.New("threads have priorities of their own on Linux only") }
