"""What a server to fork from imports last: nobody looks for garbage in what it has imported."""

import gc

gc.freeze()
