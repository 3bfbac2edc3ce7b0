"""SHA-256 and BLAKE2 without loading OpenSSL, which takes longer than all we ever hash."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import blake2b as blake2b
    from hashlib import sha256 as sha256
else:
    try:
        from _blake2 import blake2b as blake2b
    except ImportError:
        from hashlib import blake2b as blake2b

    def __getattr__(name):
        """SHA-256, a module of its own that only claims about code ask for."""
        if name != "sha256":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            from _sha2 import sha256
        except ImportError:
            try:
                from _sha256 import sha256  # Python 3.11
            except ImportError:
                from hashlib import sha256
        globals()[name] = sha256
        return sha256
