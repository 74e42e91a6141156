# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The values of parameters that change, frame by frame.

Each is a function of its frame's number alone, so that blocks of any length hold the same values.
Pure Python with Cython's types, as `audiograph.render.kernels` is.
"""

try:
    import cython
except ImportError:
    # NB: Cython is there when the package is built, and not where it runs.
    from audiograph.render import cython

COMPILED = cython.compiled
"""Whether the compiled form runs."""


def fill_line(
    out: cython.float[::1],
    offset: cython.double,
    rise: cython.double,
    speed: cython.double,
    first: cython.double,
    step: cython.double,
) -> None:
    """Fill `out` with `offset` + `rise` · (`speed` · x), x = `first` + `step` · k in its frame k.

    NB: the products are rounded to float32s, as in browsers: a parameter that is a ramp is then the
    same as one that a ramp from zero is connected to, and a playback rate, whose errors add up from
    frame to frame, is the same to the last bit.
    """
    frames: cython.int = cython.cast(cython.int, out.shape[0])
    k: cython.int
    with cython.nogil:
        for k in range(frames):
            out[k] = speed * (first + k * step)
            out[k] = rise * cython.cast(cython.double, out[k])
            out[k] = offset + cython.cast(cython.double, out[k])


def fill_exponential(
    out: cython.float[::1],
    offset: cython.double,
    coarse: cython.const[cython.double][::1],
    fine: cython.const[cython.double][::1],
    first: cython.Py_ssize_t,
) -> None:
    """Fill `out` with `offset` + f(x), where x = `first` + k in its frame k.

    f is an exponential function, given by its values near and far: with n as the length of `fine`,
    f(n · i + j) = `coarse`[i] · `fine`[j].
    """
    frames: cython.Py_ssize_t = out.shape[0]
    spacing: cython.Py_ssize_t = fine.shape[0]
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    at: cython.Py_ssize_t
    begin: cython.Py_ssize_t
    end: cython.Py_ssize_t
    level: cython.double
    with cython.nogil:
        for i in range(coarse.shape[0]):
            level = coarse[i]
            at = i * spacing - first
            begin = max(0, -at)
            end = min(spacing, frames - at)
            for j in range(begin, end):
                out[at + j] = offset + level * fine[j]


def fill_curve(
    out: cython.float[::1],
    points: cython.const[cython.float][::1],
    offset: cython.double,
    slope: cython.double,
    first: cython.double,
    step: cython.double,
) -> None:
    """Fill `out` with `points` read at `offset` + `slope` · x, where x is that of `fill_line`.

    Between points the value is linearly interpolated; positions are in the range of the points.
    """
    frames: cython.int = cython.cast(cython.int, out.shape[0])
    last: cython.int = cython.cast(cython.int, points.shape[0]) - 2
    k: cython.int
    i: cython.int
    at: cython.double
    low: cython.double
    high: cython.double
    with cython.nogil:
        for k in range(frames):
            at = offset + slope * (first + k * step)
            i = min(cython.cast(cython.int, at), last)
            low = cython.cast(cython.double, points[i])
            high = cython.cast(cython.double, points[i + 1])
            out[k] = low + (high - low) * (at - i)
