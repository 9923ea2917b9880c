"""Pictures: a table goes in, matplotlib axes come out.

Every function here takes a frame, and the axes to draw on if the caller has some, and returns the
axes. Nothing is shown or saved, no global style is touched, and matplotlib is imported by the first
picture, not with this package. The modules know tables and nothing else of tlsparse.
"""

# Modules and functions share their names. Importing the functions here, and not when they are first
# asked for, makes sure that the functions are what `tlsparse.plot.ladder` means ever after.
from tlsparse.plot.ladder import ladder
from tlsparse.plot.timeline import timeline

__all__ = ["ladder", "timeline"]
