# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Convolution with short responses.

Pure Python with Cython's types, as `audiograph.render.kernels` is.
"""

try:
    import cython
except ImportError:
    # NB: Cython is there when the package is built, and not where it runs.
    from audiograph.render import cython

COMPILED = cython.compiled
"""Whether the compiled form runs."""


def convolve(
    signal: cython.const[cython.float][::1],
    taps: cython.const[cython.float][::1],
    sums: cython.float[::1],
    out: cython.float[::1],
) -> None:
    """Fill `out`, shape (frames,), with the sums over j of signal[k + j] · taps[j].

    The number of taps is a multiple of eight, and `signal` has one frame less than that more than
    `out`. Every frame's sum is in the same order, wherever it stands. `sums` is room to work in, of
    any length: so many frames at a time stay in the processor's cache while the taps pass over
    them.
    """
    frames: cython.Py_ssize_t = out.shape[0]
    stretch: cython.Py_ssize_t = sums.shape[0]
    first: cython.Py_ssize_t
    count: cython.Py_ssize_t
    at: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    a: cython.float
    b: cython.float
    c: cython.float
    d: cython.float
    e: cython.float
    f: cython.float
    g: cython.float
    h: cython.float
    with cython.nogil:
        first = 0
        while first < frames:
            count = min(stretch, frames - first)
            for k in range(count):
                sums[k] = 0
            for j in range(0, taps.shape[0], 8):
                a, b, c, d = taps[j], taps[j + 1], taps[j + 2], taps[j + 3]
                e, f, g, h = taps[j + 4], taps[j + 5], taps[j + 6], taps[j + 7]
                at = first + j
                for k in range(count):
                    sums[k] += (
                        a * signal[at + k] + b * signal[at + k + 1]
                        + c * signal[at + k + 2] + d * signal[at + k + 3]
                        + e * signal[at + k + 4] + f * signal[at + k + 5]
                        + g * signal[at + k + 6] + h * signal[at + k + 7]
                    )  # fmt: skip
            for k in range(count):
                out[first + k] = sums[k]
            first += stretch
