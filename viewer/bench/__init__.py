"""Measures how well Anyzoom uses the machine; each module is one of `anyzoom bench`."""
