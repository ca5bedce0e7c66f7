"""Conversation with people: use cases, their tables, and the adapters to Slack, Mattermost and the console."""
