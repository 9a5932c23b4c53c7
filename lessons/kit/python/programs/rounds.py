"""The line protocol between a program and the Go process that measures it.

A program calls serve(round) last, below `if __name__ == "__main__":`. It prints READY; then, for each line of its
input, a JSON object, it calls round(**object) and prints what that returns as one line of JSON. It ends with its input.
"""

import json
import sys


def serve(round):
    print("READY", flush=True)
    for line in sys.stdin:
        print(json.dumps(round(**json.loads(line))), flush=True)
