"""The web console: a small chat of its own on the database, to try Kyoso without any token."""
