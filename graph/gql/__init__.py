"""GraphQL over the same reports, names and numbers as REST."""
