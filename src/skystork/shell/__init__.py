"""The shell: all I/O, clocks and processes. Nothing here decides anything about a delivery."""
