"""The vehicle link: MAVLink 2 without I/O. Bytes and the time go in; bytes, timers and events come out."""
