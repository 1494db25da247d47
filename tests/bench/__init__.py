"""Measurements. Each module has `NAME`, `BAR` (what is demanded, in words) and `run(quick)`.

`run` returns named numbers, ratios within one run wherever it can: absolute times of a shared machine say
little. `LIMITS` (optional) gives the most that a number may be; `LEAST` (optional) the least.
"""
