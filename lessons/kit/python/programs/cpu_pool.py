"""The job in a pool of processes: map. The pool's start and end are part of a round, as in the talk."""

from functools import partial
from multiprocessing import Pool

from count_ops import count_ops, measured
from rounds import serve


def work(worker, **job):
    return count_ops(worker=worker, **job)


def round(seconds, workers, shared=False):
    def count(workers):
        with Pool(workers) as pool:
            return sum(pool.map(partial(work, seconds=seconds, shared=shared), range(workers), chunksize=1))

    return measured(count, workers)


if __name__ == "__main__":
    serve(round)
