"""What a server to fork from has imported, so that the processes of answers begin with it.

Such a server imports this module, what is slow of a lab's own that several answers import, and
nothing else; it holds no thread and no connection.
"""

import atexit
import gc
import os

gc.disable()  # it would go through all that is imported, again and again, and find nothing

import duckdb  # noqa: E402, F401
import pandas  # noqa: E402, F401

import workbook.beside  # noqa: E402
import workbook.lab  # noqa: E402, F401

# Where nobody needs the server any more: to take all modules apart takes longer than an import.
atexit.register(os._exit, 0)
