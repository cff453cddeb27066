package ui

import (
	"net/http"

	"postolka/account"
)

// diskPage says what the disk keeps of deleted data, and asks for its encryption.
func (s *Server) diskPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	d, err := s.Privacy.Disk()
	if err != nil {
		return err
	}
	p, err := s.page(r, by, "disk.title", "state")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, diskView(p, d))
}

func (s *Server) confirmDisk(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if err := s.Privacy.ConfirmDisk(r.Context(), by); err != nil {
		return err
	}
	return s.back(w, r, "/disk", Flash{Key: "disk_confirmed"})
}
