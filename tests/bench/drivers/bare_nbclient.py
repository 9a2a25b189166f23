"""The floor under every grader: execute notebooks with nbclient, a fresh kernel each."""

import sys

import nbformat
from nbclient import NotebookClient

for path in sys.argv[1:]:
    NotebookClient(nbformat.read(path, as_version=4), kernel_name="python3").execute()
