"""Executes a notebook with nbclient and prints, as JSON on the last line, what became of it."""

import json
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def say(output):
    kind = output.output_type
    if kind == "stream":
        return f"{kind} {output.name} {output.text}"
    if kind == "error":
        return f"{kind} {output.ename}"
    if "image/png" in output.data or "image/svg+xml" in output.data:
        return f"{kind} image"
    return f"{kind} {output.data['text/plain']}"


notebook = nbformat.read(sys.argv[1], as_version=4)
error = {}
try:
    NotebookClient(notebook, timeout=300).execute()
except CellExecutionError as e:
    error = {"type": type(e).__name__, "ename": e.ename, "evalue": e.evalue}
nbformat.validate(notebook)
print(
    json.dumps(
        {
            "error": error,
            "language": notebook.metadata.get("language_info", {}),
            "cells": [{"count": c.execution_count, "outputs": [say(o) for o in c.outputs]} for c in notebook.cells if c.cell_type == "code"],
        }
    )
)
