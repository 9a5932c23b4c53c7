package events

import (
	"encoding/json"
	"reflect"
	"testing"
)

// TestWay: each field of an event, one that is added later too, arrives at the other end of a pipe.
func TestWay(t *testing.T) {
	var sent Event[any]
	fill(t, reflect.ValueOf(&sent).Elem())
	doc, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	var read Event[json.RawMessage]
	if err := json.Unmarshal(doc, &read); err != nil {
		t.Fatal(err)
	}
	for i := range reflect.ValueOf(read.Bundle).NumField() {
		if field := reflect.ValueOf(read.Any()).Field(i); field.Len() != 1 {
			t.Errorf("%s of %s is %v", reflect.TypeFor[Bundle[any]]().Field(i).Name, doc, field)
		}
	}
	again := Event[any]{Bundle: read.Any()}
	for i := range reflect.TypeOf(again).NumField() {
		if reflect.TypeOf(again).Field(i).Name != "Bundle" {
			reflect.ValueOf(&again).Elem().Field(i).Set(reflect.ValueOf(read).Field(i))
		}
	}
	if got, err := json.Marshal(again); err != nil || string(got) != string(doc) {
		t.Errorf("sent %s, got %s, %v", doc, got, err)
	}
}

// fill gives each field, at every depth, a value that is not zero.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]any{"key": "value"}))
	case reflect.Slice:
		switch v.Interface().(type) {
		case json.RawMessage:
			v.SetBytes([]byte(`{"a":1}`))
		case [][]byte:
			v.Set(reflect.ValueOf([][]byte{{1, 2}}))
		default:
			t.Fatalf("no example of a %v", v.Type())
		}
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("no example of a %v", v.Type())
	}
}

// TestNothing: a bundle without a map stays without it, as front ends see the difference.
func TestNothing(t *testing.T) {
	if got := (Bundle[json.RawMessage]{}).Any(); !reflect.DeepEqual(got, Bundle[any]{}) {
		t.Errorf("%v", got)
	}
}
