package engine

import (
	"errors"
	"fmt"
)

func (e *Engine) get(r *run, args string) error {
	words, err := splitWords(args)
	if err != nil {
		return fmt.Errorf("%%get: %w", err)
	}
	if len(words) == 0 {
		return errors.New("%get takes a package: %get golang.org/x/sync@latest")
	}
	return e.builder.Get(r.ctx, words...)
}
