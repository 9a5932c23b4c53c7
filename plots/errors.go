package plots

import (
	"errors"
	"fmt"
	"math"
)

// The reasons why data are refused. They come wrapped with the place of the fault.
var (
	ErrEmpty       = errors.New("no data")
	ErrNotFinite   = errors.New("value is NaN or infinite")
	ErrNotPositive = errors.New("value is not positive, and the axis is logarithmic")
	ErrShape       = errors.New("data do not fit together")
)

// finite checks that there are values and that all are finite; what names them.
func finite(what string, values ...float64) error {
	if len(values) == 0 {
		return fmt.Errorf("%s: %w", what, ErrEmpty)
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s: value %d is %v: %w", what, i+1, v, ErrNotFinite)
		}
	}
	return nil
}

// positive checks that values are finite and fit on a logarithmic axis.
func positive(what string, values ...float64) error {
	if err := finite(what, values...); err != nil {
		return err
	}
	for i, v := range values {
		if v <= 0 {
			return fmt.Errorf("%s: value %d is %v: %w", what, i+1, v, ErrNotPositive)
		}
	}
	return nil
}
