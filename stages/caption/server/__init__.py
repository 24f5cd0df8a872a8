"""A client for OpenAI-compatible model servers: one file for each concern."""
