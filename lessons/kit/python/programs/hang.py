"""Starts a process that waits for ever, and waits for ever itself when asked: for the test that both end."""

import subprocess
import sys
import time

from rounds import serve

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])


def round(hang):
    if hang:
        time.sleep(3600)
    return {"child": child.pid}


if __name__ == "__main__":
    serve(round)
