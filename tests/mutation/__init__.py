"""Mutation test of the alert rules; `make mutate-rules` runs it, pytest just its own tests.

Each rule is changed in one place at a time; a change that no promtool case notices is a missing case. Text that a word
of the language writes (how exporters and lanes are joined, owners, who may page, paused queues, which signals there
are) is changed once, in the rules of all topics at once, and must be noticed by a case of any alert.
"""
