"""What the parts of the job take: one 64x64 product, and one fill of 64x64 random numbers."""

from time import perf_counter

import numpy as np
from numpy.random import default_rng

from rounds import serve

SIDE = 64
random = default_rng(2019)
a, x, c = (random.random((SIDE, SIDE)) for _ in range(3))


def product():
    np.matmul(a, x, out=c)


def fill():
    random.random(out=c)


def round(part, times):
    do = {"product": product, "fill": fill}[part]
    begin = perf_counter()
    for _ in range(times):
        do()
    return {"microseconds": 1e6 * (perf_counter() - begin) / times}


if __name__ == "__main__":
    serve(round)
