package link

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
)

// Overlay writes to the file at what lets a go command of Command see files that are not there: files has, by the name that it
// sees, the name of the file with the content. The flag it returns is for that command.
func (b *Builder) Overlay(at string, files map[string]string) (flag string, err error) {
	shop, err := b.governing()
	if err != nil {
		shop = b.shop
	}
	all, err := shop.module.overlay() // a go command takes one overlay, the last
	if err != nil {
		return "", err
	}
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, files)
	data, err := json.Marshal(map[string]any{"Replace": all})
	if err == nil {
		err = os.WriteFile(at, data, 0o644)
	}
	if err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	return "-overlay=" + at, nil
}
