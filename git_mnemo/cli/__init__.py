"""The command line: parse, call one verb, render. Nothing here decides anything."""
