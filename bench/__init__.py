"""How fast the clinic is, always beside the fastest that its database allows: see README.md."""
