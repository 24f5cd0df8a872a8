"""What can be doubted about a translation: one pure check per file, `judge` runs them all."""
