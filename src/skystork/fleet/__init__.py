"""The fleet: what each vehicle can do, what energy it takes, and what is known of it now."""
