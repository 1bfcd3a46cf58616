"""How the product reaches the world: settings, engines, telemetry, migrations."""
