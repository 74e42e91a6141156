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
    samples: cython.const[cython.float][:, :],
    curve: cython.const[cython.float][::1],
    out: cython.float[:, ::1],
) -> None:
    """Fill `out` with the curve's values at `samples`, both of shape (channels, frames).

    The curve spans the samples from -1 to 1; between its values it is linearly interpolated, and
    its ends stand for what is beyond. Of shape (values + 1,), with the last value twice. `out` may
    be `samples` themselves.

    https://webaudio.github.io/web-audio-api/#dom-waveshapernode-curve
    """
    channels: cython.Py_ssize_t = samples.shape[0]
    frames: cython.Py_ssize_t = samples.shape[1]
    last: cython.float = curve.shape[0] - 2
    half: cython.float = 0.5 * last
    zero: cython.float = 0
    one: cython.float = 1
    c: cython.Py_ssize_t
    n: cython.Py_ssize_t
    k: cython.int
    v: cython.float
    with cython.nogil:
        for c in range(channels):
            for n in range(frames):
                # By the text: "Let v = (N - 1) / 2 · (x + 1)".
                v = half * (samples[c, n] + one)
                # The curve's ends are for "v < 0" and "v ≥ N - 1"; NB: no number is not above 0.
                v = v if v > 0 else zero
                v = min(last, v)
                # "Let k = ⌊v⌋ and f = v - k", then y is "(1 - f) c_k + f c_(k+1)".
                k = cython.cast(cython.int, v)
                v -= k
                out[c, n] = curve[k] + v * (curve[k + 1] - curve[k])
