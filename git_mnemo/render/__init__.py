"""Values to JSON and to text for people. Pure: no I/O, and no clock but the one passed in."""
