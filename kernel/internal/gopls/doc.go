// Package gopls builds gopls, Go's language server, and asks it about a few Go files: completion, documentation
// and signatures. The files exist in memory only. The package knows nothing of cells, notebooks or Jupyter, and
// nothing of gopls but the six messages of the Language Server Protocol it sends.
//
// # Processes
//
// A Server is one gopls process. It ends with this process, however that ends, and its memory is bounded by the
// garbage collector's limit. It reads no network, tells nobody that it runs, and keeps what it has worked out
// in a folder of our cache.
//
// # Goroutines
//
// Start starts one that waits for the process, on a thread of its own, and one that reads its answers. Both end
// when the process does, which Close sees to. A question has one of its own,
// which ends with the answer, be it waited for or not.
package gopls
