"""The CPU-bound job: for a time, three random 64x64 matrices, a product and a sum, and how often.

Each worker has a generator of its own and arrays that it uses again, as the Go side has. Both ways with shared=True
are the talk's: one generator for all, numpy's global one, which is behind a lock, and new arrays each time.
"""

from time import perf_counter

import numpy as np
from numpy.random import default_rng  # here, for all: numpy would import it on first use, in each process

SIDE = 64


def count_ops(seconds, worker=0, shared=False):
    """Works for so many seconds, and does one operation in any case, as the Go side does; returns their number.

    Raises if the results are not what they must be.
    """
    return _shared(seconds) if shared else _own(seconds, worker)


def _own(seconds, worker):
    random = default_rng([2019, worker])
    a, x, b, c = (np.empty((SIDE, SIDE)) for _ in range(4))
    ops, checksum, end = 0, 0.0, perf_counter() + seconds
    while perf_counter() < end or ops == 0:
        random.random(out=a)
        random.random(out=x)
        random.random(out=b)
        np.matmul(a, x, out=c)
        np.add(c, b, out=c)
        checksum += c.trace()
        ops += 1
    return verified(ops, checksum)


def _shared(seconds):
    ops, checksum, end = 0, 0.0, perf_counter() + seconds
    while perf_counter() < end or ops == 0:
        c = np.matmul(np.random.rand(SIDE, SIDE), np.random.rand(SIDE, SIDE)) + np.random.rand(SIDE, SIDE)
        checksum += c.trace()
        ops += 1
    return verified(ops, checksum)


def verified(ops, checksum):
    """A diagonal sums to 64 (64/4 + 1/2) = 1056 on average, give or take 14.3; see the Go side."""
    if abs(checksum - 1056 * ops) > 8 * 14.3 * max(ops, 1) ** 0.5:
        raise ArithmeticError(f"{ops} operations have the checksum {checksum}")
    return ops


def measured(count, workers):
    """Answers a round: what count(workers) counted, and in how many seconds, its own start and end included."""
    begin = perf_counter()
    ops = count(workers)
    return {"ops": ops, "seconds": perf_counter() - begin}
