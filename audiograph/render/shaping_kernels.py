# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Looking up samples in a curve.

Pure Python with Cython's types, as `audiograph.render.kernels` is.
"""

try:
    import cython
except ImportError:
    # NB: Cython is there when the package is built, and not where it runs.
    from audiograph.render import cython

COMPILED = cython.compiled
"""Whether the compiled form runs."""


def shape(
    samples: cython.float[:, ::1], curve: cython.const[cython.float][::1], cells: cython.int[::1]
) -> None:
    """Replace `samples`, shape (channels, frames), by the curve's values there.

    The curve spans the samples from -1 to 1; between its values it is linearly interpolated, and
    its ends stand for what is beyond. Of shape (values + 1,), with the last value twice. `cells`
    is room to work in, of any length: so many frames are looked up at a time.

    https://webaudio.github.io/web-audio-api/#dom-waveshapernode-curve
    """
    channels: cython.Py_ssize_t = samples.shape[0]
    frames: cython.Py_ssize_t = samples.shape[1]
    stretch: cython.Py_ssize_t = cells.shape[0]
    last: cython.float = curve.shape[0] - 2
    half: cython.float
    zero: cython.float = 0
    one: cython.float = 1
    c: cython.Py_ssize_t
    n: cython.Py_ssize_t
    first: cython.Py_ssize_t
    count: cython.Py_ssize_t
    k: cython.int
    v: cython.float
    # NB: as a float32, the number of a very long curve's last value may come out beyond it.
    if cython.cast(cython.double, last) > curve.shape[0] - 2:
        last *= 0.9999999
    half = 0.5 * last
    with cython.nogil:
        for c in range(channels):
            first = 0
            while first < frames:
                count = min(stretch, frames - first)
                # Compilers vectorise this loop, but not the one after it.
                for n in range(count):
                    # By the text: "Let v = (N - 1) / 2 · (x + 1)".
                    v = half * (samples[c, first + n] + one)
                    # The curve's ends are for "v < 0" and "v ≥ N - 1"; NB: what is no number counts
                    # as below.
                    v = min(last, max(zero, v))
                    # "Let k = ⌊v⌋ and f = v - k", …
                    k = cython.cast(cython.int, v)
                    cells[n] = k
                    samples[c, first + n] = v - k
                for n in range(count):
                    # … then y is "(1 - f) c_k + f c_(k+1)".
                    k = cells[n]
                    v = samples[c, first + n]
                    samples[c, first + n] = curve[k] + v * (curve[k + 1] - curve[k])
                first += stretch
