package session

import "context"

func (s *Session) interrupt(context.Context, *Request) (object, error) {
	s.Interrupt()
	return object{}, nil
}

// shutdown answers, tells everybody else, and ends the session. The process is then ended by whoever called
// Serve; a restart is a new process.
func (s *Session) shutdown(_ context.Context, req *Request) {
	var ask struct {
		Restart bool `json:"restart"`
	}
	if err := decode(req.Content, &ask); err != nil {
		s.log.Warn("request", "type", req.Type, "err", err) // it shall end all the same
	}
	defer s.end(errShutdown)
	content := object{"status": "ok", "restart": ask.Restart}
	s.reply(req, content, nil)
	s.publish(req.Header, replyType(req.Type), content, nil, nil)
}
