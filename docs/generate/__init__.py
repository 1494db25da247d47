"""Makes the documentation that restates facts of the code, so that each fact has one source.

`python -m docs.generate` writes it; tests in `tests/architecture` fail where it is out of date.
"""
