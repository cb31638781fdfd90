"""Skystork takes delivery orders and gets each parcel to a doorstep: by drone where proven safe, else by road."""

__version__ = "0.1.0"
