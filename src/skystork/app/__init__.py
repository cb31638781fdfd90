"""The app: configuration, composition and the command line."""
