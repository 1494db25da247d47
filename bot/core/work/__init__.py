"""What goes on without anyone asking: a job from its submit to the posted clip, a comparison to its sheet.

Starts from the job table, never from a command; handlers ring it and read what it wrote.
"""
