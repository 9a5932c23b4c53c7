package link

import (
	"go/constant"
	"go/importer"
	"go/token"
	"go/types"
	"slices"
	"testing"
)

// TestRelease compares what this package knows of Go's insides with the sources of the toolchain that the test is run with.
func TestRelease(t *testing.T) {
	tool, err := FindToolchain(t.Context(), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{tool.Version, Oldest, Proved} {
		if !slices.Contains(tried, language(version)) {
			t.Errorf("%s is not among the releases tried; see DESIGN.md, When a new Go comes out", version)
		}
	}
	from := importer.ForCompiler(token.NewFileSet(), "source", nil)
	load := func(path string) *types.Package {
		p, err := from.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for path, values := range map[string]map[string]any{
		"cmd/internal/goobj": {
			"Magic": objectMagic, "BlkAutolib": blockAutolib, "BlkSymdef": blockSymDef, "BlkHashed64def": blockHashed64Def,
			"BlkHasheddef": blockHashedDef, "BlkNonpkgdef": blockNonPkgDef, "BlkNonpkgref": blockNonPkgRef, "BlkRelocIdx": blockRelocIndex,
			"BlkDataIdx": blockDataIndex, "BlkReloc": blockReloc, "BlkData": blockData, "NBlk": blocks,
			"importedPkgSize": autolibSize, "SymSize": symbolSize, "SymFlagTypelink": flagTypelink, "RelocSize": relocSize, "PkgIdxNone": noPackage,
		},
		"internal/abi": {"TFlagExtraStar": flagExtraStar, "TFlagNamed": flagNamed},
	} {
		p := load(path)
		for name, want := range values {
			c, ok := p.Scope().Lookup(name).(*types.Const)
			if !ok {
				t.Errorf("%s has no constant %s", path, name)
				continue
			}
			if got := constant.Val(c.Val()); got != want && got != int64Of(want) {
				t.Errorf("%s.%s is %v, not %v", path, name, got, want)
			}
		}
	}
	descriptor := map[string]int64{"PtrBytes": typePtrBytes, "TFlag": typeFlag, "Kind_": typeKind, "GCData": typeGCData, "Str": typeName, "PtrToThis": typePtrToThis, "": typeEnd}
	compareFields(t, load("internal/abi"), "Type", descriptor)
	// In module data the word that is cleared is behind the slice that is looked for.
	module := load("runtime").Scope().Lookup("moduledata").Type().Underlying().(*types.Struct)
	offsets := fieldOffsets(module)
	if got := offsets["hasmain"] - offsets["modulehashes"]; got != hasmainOffset {
		t.Errorf("runtime.moduledata has hasmain %d bytes behind modulehashes, not %d", got, hasmainOffset)
	}
}

func int64Of(v any) any {
	if i, ok := v.(int); ok {
		return int64(i)
	}
	return v
}

// compareFields compares where the fields of a struct are; that without a name is its size.
func compareFields(t *testing.T, p *types.Package, name string, want map[string]int64) {
	t.Helper()
	got := fieldOffsets(p.Scope().Lookup(name).Type().Underlying().(*types.Struct))
	for field, offset := range want {
		if at, ok := got[field]; !ok || at != offset {
			t.Errorf("%s.%s.%s is at %d (found: %v), not %d", p.Path(), name, field, at, ok, offset)
		}
	}
}

func fieldOffsets(s *types.Struct) map[string]int64 {
	sizes := types.SizesFor("gc", "amd64")
	fields := slices.Collect(s.Fields())
	at := map[string]int64{"": sizes.Sizeof(s)}
	for i, offset := range sizes.Offsetsof(fields) {
		at[fields[i].Name()] = offset
	}
	return at
}

func TestLanguage(t *testing.T) {
	for version, want := range map[string]string{
		"go1.26.8": "go1.26", "go1.27": "go1.27", "go1.27rc1": "go1.27", "go1.27.4 X:nogreenteagc": "go1.27", "go1.27.4-custom": "go1.27",
		"devel go1.28-c2d7bb6 Thu Sep 3 10:00:00 2026 +0000": "go1.28", "devel": Oldest, "": Oldest,
	} {
		if got := language(version); got != want {
			t.Errorf("language(%q) = %q, want %q", version, got, want)
		}
	}
}
