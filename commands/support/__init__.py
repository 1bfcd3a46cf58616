"""Parts of commands: signals, the metrics listener, embedded engines, audit exports, the demo's traffic."""
