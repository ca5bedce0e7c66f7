"""The record of a community's threads and search over it; works without any chat token."""
