"""Measurements. Each module has `NAME`, `BAR` (what is demanded, in words) and `run(quick)`.

`run` returns named numbers, ratios within one run wherever it can: absolute times of a shared machine say
little. `LIMITS` (optional) gives the most that a number may be; `LEAST` (optional) the least.
"""

import os

# As the worker has it; numpy reads the variable when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
