package compile

import (
	"context"
	"fmt"
	"maps"

	"interleave/kernel/internal/cell"
)

// Unit is what the compiler is given for a cell, and what holds once it has run.
type Unit struct {
	State   *State   // the notebook's state after the cell
	Source  []byte   // the file of package nb; nil when the cell has nothing to run
	Imports []string // import paths the file names
	Entry   string   // the function to call; its name is a digest of the source
	Notes   []string // what the reader should know: variables dropped, functions that no longer compile
}

// job is one cell on its way through the compiler: what its phases know from the beginning. Each phase is a value that
// has the one before, so what a phase finds is there for those that follow, and for no other:
//
//	job       the cell and the state before it
//	declared  its imports and declarations have replaced what they replace in the next state
//	typed     its statements are checked, and its variables have types
//	checked   the bodies of its functions are checked, and those of earlier cells that rest on what it declares again
//	moved     each variable of earlier cells has storage that its type fits
//
// A moved cell is written as a unit, a checked one as a program. Where a phase finds what the phases before should have
// known, the whole job is done once more with that knowledge; see rounds.
type job struct {
	ctx     context.Context
	c       *Checker
	syn     *cell.Syntax
	program bool              // the cell becomes a program of its own
	old     *State            // before the cell
	revised map[string]string // packages that have a new revision from this cell on
	known   *round            // what earlier checks of the cell have found
	diags   []Diagnostic      // what is wrong with it
}

// Compile checks a cell against a state and writes its unit. Either the unit or diagnostics are returned; an
// error is that of ctx, or our fault, not the user's.
func (c *Checker) Compile(ctx context.Context, st *State, syn *cell.Syntax) (*Unit, []Diagnostic, error) {
	_, unit, diags, err := c.compile(ctx, st, syn)
	return unit, diags, err
}

// compile is Compile; it returns the checked cell as well, for what else can be made of it.
func (c *Checker) compile(ctx context.Context, st *State, syn *cell.Syntax) (
	ch *checked, unit *Unit, diags []Diagnostic, err error) {
	defer rescue(&err)
	err = rounds(func(known *round) (again bool, err error) {
		j := c.job(ctx, st, syn, known)
		ch, unit, again, err = j.compile()
		diags = diagnostics(j.diags)
		return again, err
	})
	if err != nil || len(diags) > 0 {
		return nil, nil, diags, err
	}
	return ch, unit, nil, nil
}

// job prepares a check of a cell.
func (c *Checker) job(ctx context.Context, st *State, syn *cell.Syntax, known *round) *job {
	old := st.Clone()
	for name, why := range known.dropped {
		old.Forget(name)
		old.Lost[name] = why
	}
	return &job{ctx: ctx, c: c, syn: syn, old: old, known: known}
}

// compile takes the cell through all phases. The unit is nil when something is wrong with it, or when it is to be
// checked again.
func (j *job) compile() (ch *checked, u *Unit, again bool, err error) {
	ch, again, err = j.check()
	if err != nil || again || len(j.diags) > 0 {
		return nil, nil, again, err
	}
	m, drops, err := ch.move()
	if err != nil || len(drops) > 0 {
		maps.Copy(j.known.dropped, drops) // nothing of the cell may read a variable that does not survive it
		return nil, nil, len(drops) > 0, err
	}
	if len(j.diags) > 0 {
		return nil, nil, false, nil
	}
	u, err = m.unit()
	return ch, u, false, err
}

// check takes the cell through everything that does not depend on what becomes of it; again says that it is to be
// checked once more. The result is nil when something is wrong with the cell that keeps from looking at the rest.
func (j *job) check() (ch *checked, again bool, err error) {
	d, err := j.declare()
	if err != nil || len(j.diags) > 0 {
		return nil, false, err
	}
	t, err := d.checkStatements()
	if err != nil {
		return nil, false, err
	}
	return t.checkBodies()
}

func (j *job) fault(offset int, format string, args ...any) {
	j.diags = append(j.diags, Diagnostic{j.syn.Text, offset, fmt.Sprintf(format, args...)})
}
