"""The job, once, in the main thread."""

from count_ops import count_ops, measured
from rounds import serve


def round(seconds, workers, shared=False):
    return measured(lambda _: count_ops(seconds, shared=shared), 1)


if __name__ == "__main__":
    serve(round)
