package compile

import (
	"context"
	"go/ast"
)

// A cell may be of any size, so whatever walks over one looks at its context now and then. It panics with stopped,
// which the exported methods turn into an error. go/parser and go/types look at no context: a caller that cannot wait
// for them runs a check in a goroutine of its own and leaves that behind. It changes nothing but its own copies of the
// state.

// stopped is the panic of a check whose context has ended.
type stopped struct{ err error }

// look ends a check whose context has ended.
func look(ctx context.Context) {
	if ctx.Err() != nil {
		panic(stopped{context.Cause(ctx)})
	}
}

// rescue turns the panic of look into an error.
func rescue(err *error) {
	switch p := recover().(type) {
	case nil:
	case stopped:
		*err = p.err
	default:
		panic(p)
	}
}

// inspect is ast.Inspect that looks at a context.
func inspect(ctx context.Context, root ast.Node, f func(ast.Node) bool) {
	nodes := 0
	ast.Inspect(root, func(n ast.Node) bool {
		if nodes%256 == 0 {
			look(ctx)
		}
		nodes++
		return f(n)
	})
}
