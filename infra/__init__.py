"""The product's edges: settings, engines, telemetry, migrations."""
