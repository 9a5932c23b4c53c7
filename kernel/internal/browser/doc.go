// Package browser drives a real JupyterLab in a real Chromium, for tests: it starts both, clicks menus, types
// into cells, and reads from the page what a person would see.
//
// It knows JupyterLab's page, not our kernel. A Lab owns the server process and one goroutine that waits for
// it; a Page owns the browser, which chromedp's goroutines serve. Both end with Close.
package browser
