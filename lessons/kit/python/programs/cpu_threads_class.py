"""The job in threads: a subclass of Thread whose run leaves its result in an attribute."""

from threading import Thread

from count_ops import count_ops, measured
from rounds import serve


class Counter(Thread):
    def __init__(self, **job):
        super().__init__()
        self.job = job
        self.ops = None

    def run(self):
        self.ops = count_ops(**self.job)


def round(seconds, workers, shared=False):
    def count(workers):
        counters = [Counter(seconds=seconds, worker=i, shared=shared) for i in range(workers)]
        for counter in counters:
            counter.start()
        for counter in counters:
            counter.join()
        return sum(counter.ops for counter in counters)

    return measured(count, workers)


if __name__ == "__main__":
    serve(round)
