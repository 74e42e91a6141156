# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What recurs sample by sample, where array expressions would not do.

Pure Python with Cython's types: the package's build compiles it; without a compiler the same file
runs interpreted, slower.
"""

try:
    import cython
except ImportError:
    # NB: Cython is there when the package is built, and not where it runs.
    from audiograph.render import cython

COMPILED = cython.compiled
"""Whether the compiled form runs."""


def play_linear(
    source: cython.float[:, :],
    out: cython.float[:, ::1],
    position: cython.double,
    rate: cython.double,
    loop_start: cython.double,
    loop_end: cython.double,
    first: cython.longlong,
) -> None:
    """Fill `out` with `source` read at `position` + (`first` + k) · `rate` for its frame k.

    Both are of shape (channels, frames); between frames the value is linearly interpolated. With
    `loop_end` > `loop_start`, positions that run out of that range come in again at its other end,
    and the frame after the last one before `loop_end` is the one at `loop_start`. Positions
    outside of the source are zero.
    """
    channels: cython.Py_ssize_t = source.shape[0]
    length: cython.Py_ssize_t = source.shape[1]
    frames: cython.Py_ssize_t = out.shape[1]
    looping: cython.bint = loop_end > loop_start
    span: cython.double = loop_end - loop_start
    wrap: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, loop_start)
    k: cython.Py_ssize_t
    c: cython.Py_ssize_t
    here: cython.Py_ssize_t
    after: cython.Py_ssize_t
    at: cython.double
    fraction: cython.double
    low: cython.double
    high: cython.double
    turns: cython.longlong
    with cython.nogil:
        for k in range(frames):
            at = position + (first + k) * rate
            if looping and (at >= loop_end if rate >= 0 else at < loop_start):
                turns = cython.cast(cython.longlong, (at - loop_start) / span)
                if at < loop_start:
                    turns -= 1
                at = at - span * turns
                # NB: rounding can leave it a hair outside, where there would be a click.
                if at < loop_start or at >= loop_end:
                    at = loop_start
            if not 0 <= at < length:
                for c in range(channels):
                    out[c, k] = 0
                continue
            here = cython.cast(cython.Py_ssize_t, at)
            fraction = at - here
            after = here + 1
            if looping and here < loop_end <= after:
                after = wrap
            elif after >= length:
                after = here
            for c in range(channels):
                low = cython.cast(cython.double, source[c, here])
                high = cython.cast(cython.double, source[c, after])
                out[c, k] = low + fraction * (high - low)
