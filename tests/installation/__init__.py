"""Installing git mnemo as users do, tried out: `make install-test`."""
