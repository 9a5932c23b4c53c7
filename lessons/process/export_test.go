package process

import "time"

// Fit is for tests.
func Fit(link *Link, message []byte, d time.Duration) (int, error) { return fit(link, message, d) }
