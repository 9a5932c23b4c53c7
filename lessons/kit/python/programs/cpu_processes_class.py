"""The job in processes: a subclass of Process that adds its result to a number in shared memory.

The addition is done under the number's lock: += on it is a read and a write.
"""

from multiprocessing import Process, Value

from count_ops import count_ops, measured
from rounds import serve


class Counter(Process):
    def __init__(self, total, **job):
        super().__init__()
        self.total = total
        self.job = job

    def run(self):
        ops = count_ops(**self.job)
        with self.total.get_lock():
            self.total.value += ops


def round(seconds, workers, shared=False):
    def count(workers):
        total = Value("q", 0)
        counters = [Counter(total, seconds=seconds, worker=i, shared=shared) for i in range(workers)]
        for counter in counters:
            counter.start()
        for counter in counters:
            counter.join()
        if any(counter.exitcode != 0 for counter in counters):
            raise RuntimeError("a process failed")
        return total.value

    return measured(count, workers)


if __name__ == "__main__":
    serve(round)
