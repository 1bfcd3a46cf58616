"""The pages: server-rendered HTML over the same core as REST and GraphQL."""
