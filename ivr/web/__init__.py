"""Pages and API for supervisors and administrators, served by a process of their own."""
