package display

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// textual reports whether content of this MIME type travels as a string, not as base64.
func textual(mimeType string) bool {
	base, _, _ := strings.Cut(mimeType, ";")
	switch base {
	case "application/javascript", "application/ecmascript", "application/xml", "application/x-latex":
		return true
	}
	return strings.HasPrefix(base, "text/") || strings.HasSuffix(base, "+xml") || jsonType(base)
}

// jsonType reports whether content of this MIME type is a JSON value.
func jsonType(mimeType string) bool {
	base, _, _ := strings.Cut(mimeType, ";")
	return base == MIMETypeJSON || strings.HasSuffix(base, "+json")
}

// magic lists how the formats that a front end can show begin: the part of http.DetectContentType's table
// that matters here. That function itself would link all of net/http into every notebook.
var magic = []struct {
	offset   int
	prefix   string
	mimeType string
}{
	{0, "\x89PNG\r\n\x1a\n", MIMETypePNG},
	{0, "\xff\xd8\xff", MIMETypeJPEG},
	{0, "GIF87a", "image/gif"},
	{0, "GIF89a", "image/gif"},
	{8, "WEBPVP", "image/webp"},
	{0, "BM", "image/bmp"},
	{0, "%PDF-", MIMETypePDF},
	{8, "WAVE", "audio/wave"},
	{0, "ID3", "audio/mpeg"},
	{0, "OggS\x00", "application/ogg"},
	{4, "ftypmp4", "video/mp4"},
	{4, "ftypisom", "video/mp4"},
	{0, "\x1a\x45\xdf\xa3", "video/webm"},
}

// markup lists how documents made of text begin, in lower case, after white space.
var markup = []struct{ prefix, mimeType string }{
	{"<svg", MIMETypeSVG},
	{"<!doctype html", MIMETypeHTML},
	{"<html", MIMETypeHTML},
	{"<head", MIMETypeHTML},
	{"<body", MIMETypeHTML},
	{"<script", MIMETypeHTML},
	{"<style", MIMETypeHTML},
	{"<iframe", MIMETypeHTML},
	{"<table", MIMETypeHTML},
	{"<title", MIMETypeHTML},
	{"<font", MIMETypeHTML},
	{"<div", MIMETypeHTML},
	{"<h1", MIMETypeHTML},
	{"<br", MIMETypeHTML},
	{"<!--", MIMETypeHTML},
	{"<p>", MIMETypeHTML},
	{"<a ", MIMETypeHTML},
	{"<b>", MIMETypeHTML},
}

// sniff tells the MIME type of b from how it begins, without parameters such as a charset.
func sniff(b []byte) string {
	for _, m := range magic {
		if len(b) >= m.offset && bytes.HasPrefix(b[m.offset:], []byte(m.prefix)) {
			return m.mimeType
		}
	}
	head := strings.ToLower(strings.TrimSpace(string(b[:min(len(b), 512)])))
	if strings.HasPrefix(head, "<?xml") || strings.HasPrefix(head, "<!doctype svg") {
		if strings.Contains(head, "<svg") || strings.Contains(head, "<!doctype svg") {
			return MIMETypeSVG
		}
		return "text/xml"
	}
	for _, m := range markup {
		if strings.HasPrefix(head, m.prefix) {
			return m.mimeType
		}
	}
	if utf8.Valid(b) && !bytes.ContainsRune(b, 0) {
		return MIMETypeText
	}
	return "application/octet-stream"
}
