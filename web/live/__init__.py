"""The live board: PostgreSQL says that something changed, browsers see it."""
