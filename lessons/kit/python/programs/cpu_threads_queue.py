"""The job in threads: a callable as target, and a queue for the results.

Exactly one result a thread is taken, each waited for: a thread that fails sends its exception.
"""

from queue import SimpleQueue
from threading import Thread

from count_ops import count_ops, measured
from rounds import serve


def work(results, **job):
    try:
        results.put(count_ops(**job))
    except Exception as error:
        results.put(error)


def round(seconds, workers, shared=False):
    def count(workers):
        results = SimpleQueue()
        for i in range(workers):
            Thread(target=work, args=(results,), kwargs={"seconds": seconds, "worker": i, "shared": shared}).start()
        total = 0
        for _ in range(workers):
            result = results.get()
            if isinstance(result, Exception):
                raise result
            total += result
        return total

    return measured(count, workers)


if __name__ == "__main__":
    serve(round)
