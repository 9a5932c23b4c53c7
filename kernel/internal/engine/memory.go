package engine

import (
	"fmt"

	"interleave/kernel/internal/worker"
)

// spared tells the reader that processes which cells had started were killed for their memory.
func (e *Engine) spared(x *worker.Excess) {
	e.mu.Lock()
	who := "the processes that cells have started"
	if e.running != nil {
		who = fmt.Sprintf("In[%d]: %s", e.running.cell.Count, who)
	}
	e.mu.Unlock()
	if out := e.out.current(); out != nil {
		out.Stream("stderr", []byte("note: "+x.Text(who)+". They were ended; all variables are kept\n"))
	}
}
