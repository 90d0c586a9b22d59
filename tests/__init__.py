"""The tests of Graft: one process a core, and one thread in each, since threads that wait for a core spin meanwhile.

What computes reads these settings when it is loaded, so they are made before anything else is imported.
"""

import os

from core.machine import keep_memory, thread_settings

os.environ.update({**thread_settings(), "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})
keep_memory()
