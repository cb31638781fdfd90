"""The other end of the wire: aircraft that speak MAVLink as PX4 does, vans that drive, a network that loses things."""
