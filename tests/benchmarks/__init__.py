"""Benchmarks: what the promises about speed and growth cost, as ratios within one run."""
