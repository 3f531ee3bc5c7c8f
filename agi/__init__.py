"""The desk's voice: FastAGI entries, the watcher of Asterisk's events, the journal and its drainer."""
