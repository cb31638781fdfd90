"""Small, named data that several tests share."""
