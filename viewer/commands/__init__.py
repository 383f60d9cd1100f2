"""What `anyzoom` does, one file per command; each has `main(argv) -> exit status`."""
