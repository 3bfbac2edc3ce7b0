"""Coding agents: for each a file with its hook events, read and answered, and its configuration.

What an agent says and wants to hear is data and pure functions, and loads little: a hook runs
before every prompt. `config` and `jsonc` write configuration files, and are loaded to do that.
"""
