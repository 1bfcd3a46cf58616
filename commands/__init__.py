"""What each command of `anlyt` does: the composition roots, which open connections and hand them to the rooms."""
