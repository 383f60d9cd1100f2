"""What can be laid over or beside the picture to tell more about it."""
