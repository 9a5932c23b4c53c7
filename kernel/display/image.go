package display

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // so that image.Decode takes it in every cell, as it does in gophernotes
	_ "image/jpeg" // likewise
	"image/png"
)

// Image shows a picture as PNG, one of its pixels on one of the page.
func Image(img image.Image) Data {
	if img == nil || isNilPointer(img) {
		return complain("Image", errors.New("the image is nil"))
	}
	return picture(img, img.Bounds().Dx(), img.Bounds().Dy())
}

// picture shows img at width x height CSS pixels. An image may be the user's own and panic.
func picture(img image.Image, width, height int) (d Data) {
	defer func() {
		if r := recover(); r != nil {
			d = complain("Image", fmt.Errorf("%s: panic: %s", typeName(img), panicText(r)))
		}
	}()
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		return complain("Image", err)
	}
	size := img.Bounds()
	return pngData(buf.Bytes(), width, height, fmt.Sprintf("image: %d x %d pixels", size.Dx(), size.Dy()))
}

// pngData is a PNG with its size on the page, in CSS pixels.
func pngData(b []byte, width, height int, text string) Data {
	return Data{
		Data:     MIMEMap{MIMETypePNG: b, MIMETypeText: text},
		Metadata: MIMEMap{MIMETypePNG: MIMEMap{"width": width, "height": height}},
	}
}
