"""Fetches each URL in a thread of its own, and keeps the bodies.

Each thread has its own requests.Session: nothing says that one session may be used by several threads at once. The
talk's program shared one.
"""

import threading
import time

import requests

from rounds import serve


def fetch(url, bodies, i):
    with requests.Session() as session:
        session.trust_env = False  # no proxy between us and the loopback interface
        bodies[i] = session.get(url).content


def round(urls):
    start = time.perf_counter()
    bodies = [b""] * len(urls)
    threads = [threading.Thread(target=fetch, args=(url, bodies, i)) for i, url in enumerate(urls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"seconds": time.perf_counter() - start, "sizes": [len(body) for body in bodies]}


if __name__ == "__main__":
    serve(round)
