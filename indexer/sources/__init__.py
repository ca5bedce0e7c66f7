"""Where threads come from: exports and histories of the chat platforms, read into the shared nouns."""
