package session

import "context"

// protocolVersion is what this package implements of the messaging protocol.
const protocolVersion = "5.5"

// kernelInfo names no nbconvert_exporter: naming one breaks the export for everybody who has not got it.
func (s *Session) kernelInfo(context.Context, *Request) (object, error) {
	info := s.engine.Info()
	links := info.HelpLinks
	if links == nil {
		links = []HelpLink{}
	}
	return object{
		"protocol_version":       protocolVersion,
		"implementation":         info.Implementation,
		"implementation_version": info.Version,
		"banner":                 info.Banner,
		"help_links":             links,
		"debugger":               false,
		"supported_features":     []string{},
		"language_info": object{
			"name":            "go",
			"version":         info.GoVersion,
			"mimetype":        "text/x-go",
			"file_extension":  ".go",
			"pygments_lexer":  "go",
			"codemirror_mode": "go",
		},
	}, nil
}

// connect answers connect_request, which is deprecated and still asked.
func (s *Session) connect(context.Context, *Request) (object, error) {
	ports := object{}
	for name, port := range s.opts.Ports {
		ports[name] = port
	}
	return ports, nil
}
