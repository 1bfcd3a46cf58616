"""Answers: one core of reports behind two faces, REST and GraphQL."""
