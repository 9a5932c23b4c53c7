package compile

import (
	"fmt"
	"go/types"
	"strconv"
	"strings"

	"interleave/kernel/internal/revision"
)

// part is a stretch of a type's text, and a reference behind it.
type part struct {
	text  string
	ref   *ref
	embed bool // the type of an embedded field, which names the field too
}

// typeWriter writes a type as parts. Equal types give equal parts, so names of parameters are left out and the
// notebook's aliases stand for what they mean.
type typeWriter struct {
	own   *types.Package
	parts []part
	text  strings.Builder
	why   string
}

// notKnown is why a type that comes out of an error cannot be written.
const notKnown = "its type is not known"

// unknownType stands for such a type in a view, where it is one that nobody declares: the checker takes whatever is
// done with it.
const unknownType = "invalid" + prime

// typeParts writes a type as text with references. why says what keeps it from being written outside of its
// package or function.
func typeParts(t types.Type, own *types.Package) (parts []part, why string) {
	w := &typeWriter{own: own}
	w.typ(t)
	if w.text.Len() > 0 {
		w.parts = append(w.parts, part{text: w.text.String()})
	}
	if w.why != "" {
		return nil, w.why
	}
	return w.parts, ""
}

func (w *typeWriter) gen(parts ...string) {
	for _, p := range parts {
		w.text.WriteString(p)
	}
}

func (w *typeWriter) refer(kind refKind, name string, embed bool) {
	w.parts = append(w.parts, part{w.text.String(), &ref{kind, name}, embed})
	w.text.Reset()
}

func (w *typeWriter) refuse(format string, args ...any) {
	if w.why == "" {
		w.why = fmt.Sprintf(format, args...)
	}
}

// name writes a named type or an alias.
func (w *typeWriter) name(obj *types.TypeName, args *types.TypeList, embed bool) {
	switch p := obj.Pkg(); {
	case p == nil:
		w.refer(refUniverse, obj.Name(), false)
	case p == w.own:
		if obj.Parent() != w.own.Scope() {
			w.refuse("its type %s is declared inside of a function", obj.Name())
		}
		w.refer(refName, obj.Name(), embed)
	default:
		if !obj.Exported() {
			w.refuse("its type %s.%s is not exported, so no later cell can name it", p.Name(), obj.Name())
		}
		w.refer(refImport, revision.Plain(p.Path()), false)
		w.gen(".", obj.Name())
	}
	if args.Len() == 0 {
		return
	}
	w.gen("[")
	for i := range args.Len() {
		if i > 0 {
			w.gen(", ")
		}
		w.typ(args.At(i))
	}
	w.gen("]")
}

func (w *typeWriter) typ(t types.Type) {
	switch t := t.(type) {
	case *types.Basic:
		switch t.Kind() {
		case types.Invalid:
			w.why = notKnown
			return
		case types.UnsafePointer:
			w.refer(refImport, "unsafe", false)
			w.gen(".Pointer")
			return
		}
		w.refer(refUniverse, t.Name(), false)
	case *types.Alias:
		obj := t.Obj()
		if obj.Pkg() != nil && (obj.Pkg() == w.own || !obj.Exported()) {
			w.typ(t.Rhs())
			return
		}
		w.name(obj, t.TypeArgs(), false)
	case *types.Named:
		w.name(t.Obj(), t.TypeArgs(), false)
	case *types.Pointer:
		w.gen("*")
		w.typ(t.Elem())
	case *types.Slice:
		w.gen("[]")
		w.typ(t.Elem())
	case *types.Array:
		w.gen("[", strconv.FormatInt(t.Len(), 10), "]")
		w.typ(t.Elem())
	case *types.Map:
		w.gen("map[")
		w.typ(t.Key())
		w.gen("]")
		w.typ(t.Elem())
	case *types.Chan:
		w.gen([]string{types.SendRecv: "chan ", types.SendOnly: "chan<- ", types.RecvOnly: "<-chan "}[t.Dir()], "(")
		w.typ(t.Elem())
		w.gen(")")
	case *types.Signature:
		w.gen("func")
		w.signature(t)
	case *types.Struct:
		w.fields(t)
	case *types.Interface:
		w.methods(t)
	default:
		w.refuse("its type %s cannot be written", t)
	}
}

func (w *typeWriter) signature(t *types.Signature) {
	list := func(vars *types.Tuple, variadic bool) {
		w.gen("(")
		for i := range vars.Len() {
			if i > 0 {
				w.gen(", ")
			}
			if s, ok := vars.At(i).Type().(*types.Slice); ok && variadic && i == vars.Len()-1 {
				w.gen("...")
				w.typ(s.Elem())
				continue
			}
			w.typ(vars.At(i).Type())
		}
		w.gen(")")
	}
	list(t.Params(), t.Variadic())
	if t.Results().Len() > 0 {
		w.gen(" ")
		list(t.Results(), false)
	}
}

func (w *typeWriter) fields(t *types.Struct) {
	w.gen("struct{")
	for i := range t.NumFields() {
		f := t.Field(i)
		if i > 0 {
			w.gen("; ")
		}
		if f.Pkg() != w.own && !f.Exported() {
			w.refuse("its type has the field %s of package %s, which is not exported", f.Name(), f.Pkg().Name())
		}
		if f.Embedded() {
			w.embedded(f.Type())
		} else {
			w.gen(f.Name(), " ")
			w.typ(f.Type())
		}
		if tag := t.Tag(i); tag != "" {
			w.gen(" ", strconv.Quote(tag))
		}
	}
	w.gen("}")
}

// embedded keeps aliases, because they name the field.
func (w *typeWriter) embedded(t types.Type) {
	switch t := t.(type) {
	case *types.Pointer:
		w.gen("*")
		w.embedded(t.Elem())
	case *types.Alias:
		w.name(t.Obj(), t.TypeArgs(), true)
	case *types.Named:
		w.name(t.Obj(), t.TypeArgs(), true)
	case *types.Basic:
		if t.Kind() == types.Invalid {
			w.typ(t)
			return
		}
		w.gen(t.Name())
	default:
		w.typ(t)
	}
}

func (w *typeWriter) methods(t *types.Interface) {
	if t.NumExplicitMethods() == 0 && t.NumEmbeddeds() == 0 {
		w.refer(refUniverse, "any", false)
		return
	}
	w.gen("interface{")
	for i := range t.NumExplicitMethods() {
		m := t.ExplicitMethod(i)
		if m.Pkg() != w.own && !m.Exported() {
			w.refuse("its type has the method %s of package %s, which is not exported", m.Name(), m.Pkg().Name())
		}
		w.gen(m.Name())
		w.signature(m.Signature())
		w.gen("; ")
	}
	for i := range t.NumEmbeddeds() {
		w.typ(t.EmbeddedType(i))
		w.gen("; ")
	}
	w.gen("}")
}

// samePart reports whether two parts mean the same.
func samePart(a, b part) bool {
	return a.text == b.text && (a.ref == nil) == (b.ref == nil) && (a.ref == nil || a.ref.kind == b.ref.kind && meaning(a.ref) == meaning(b.ref))
}

// meaning is the name of a reference, one for the predeclared types that have two.
func meaning(r *ref) string {
	if r.kind == refUniverse {
		switch r.name {
		case "byte":
			return "uint8"
		case "rune":
			return "int32"
		}
	}
	return r.name
}

// meaning is meaning with the revision of a package.
func (s *State) meaning(r *ref) string {
	if r.kind == refImport || r.kind == refDot {
		return s.real(r.name)
	}
	return meaning(r)
}
