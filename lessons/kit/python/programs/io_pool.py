"""Fetches the URLs with a pool of processes, which send the bodies back through a pipe, and keeps the bodies.

As in the talk, the time includes the start of the pool. With the argument "started" one pool is made before the first
round and used by all of them. Each process has its own requests.Session.
"""

import multiprocessing
import sys
import time

import requests

from rounds import serve

session = None  # of this process


def begin():
    global session
    session = requests.Session()
    session.trust_env = False  # no proxy between us and the loopback interface


def fetch(url):
    return session.get(url).content


def fetch_all(pool, urls):
    return pool.map(fetch, urls, chunksize=1)


def round(urls, workers):
    start = time.perf_counter()
    if started is None:
        with multiprocessing.Pool(workers, begin) as pool:
            bodies = fetch_all(pool, urls)
    else:
        bodies = fetch_all(started, urls)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "sizes": [len(body) for body in bodies], "method": multiprocessing.get_start_method()}


if __name__ == "__main__":
    started = multiprocessing.Pool(int(sys.argv[2]), begin) if sys.argv[1:2] == ["started"] else None
    serve(round)
    if started is not None:
        started.terminate()
        started.join()
