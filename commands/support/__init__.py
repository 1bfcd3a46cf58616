"""What several commands are made of: signals, the metrics listener, embedded engines, exports, the demo's traffic."""
