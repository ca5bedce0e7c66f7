"""Measures: how well the search answers, how fast Kyoso is, and on what that is measured."""
