# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Reading a wavetable at a phase that moves on with every frame.

How many frames of the table are interpolated, and where a number is rounded to a float32, is left
open by the specification; here it is as in Chromium, so that the samples are the same. From quantum
to quantum the phase, which counts frames of the table, is a float64.

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

# From so many frames of the table for one of the output on, linear interpolation will do.
_LINEAR_STEP = cython.declare(cython.float, 0.3)

# Below it, three points of the table are too few.
_QUADRATIC_STEP = cython.declare(cython.float, 0.16)

# Frames after which a sum of float32s begins anew in a longer quantum: its rounding is not heard.
_LONGEST_SUM = cython.declare(cython.Py_ssize_t, 128)


def read_steady(
    rows: cython.const[cython.float][:, ::1],
    row: cython.Py_ssize_t,
    fade: cython.float,
    step: cython.float,
    out: cython.float[::1],
    phase: cython.double,
    first: cython.Py_ssize_t,
    quantum: cython.Py_ssize_t,
    cells: cython.int[::1],
) -> float:
    """Fill `out`, shape (frames,), with a wave whose step stays; return the phase after it.

    `rows` is a table of shape (rows, frames of a period, a power of two), of which row `row` is
    read, and of the next one the part `fade`. A frame moves the phase on by `step`, a float32. The
    first frame is number `first` of a quantum of `quantum` frames; `cells` is room to work in, of
    as many.
    """
    full: cython.const[cython.float][::1] = rows[row]
    bare: cython.const[cython.float][::1] = rows[row + 1]
    length: cython.int = cython.cast(cython.int, full.shape[0])
    last: cython.int = length - 1
    period: cython.float = length
    frames: cython.Py_ssize_t = out.shape[0]
    at: cython.Py_ssize_t = 0
    k: cython.Py_ssize_t
    end: cython.Py_ssize_t
    grouped: cython.Py_ssize_t
    here: cython.int
    after: cython.int
    stride: cython.float = 4 * step
    a: cython.float
    b: cython.float
    c: cython.float
    d: cython.float
    advance: cython.double
    near: cython.double
    with cython.nogil:
        if step < _LINEAR_STEP:
            for k in range(frames):
                out[k] = phase
                near = cython.cast(cython.double, out[k])
                out[k] = _interpolate(full, bare, fade, phase, near, step)
                phase = _wrap(phase + cython.cast(cython.double, step), length)
            at = frames
        while at < frames:
            end = min(frames, at + quantum - first, at + _LONGEST_SUM - first % _LONGEST_SUM)
            first = (first + end - at) % quantum
            # Four phases at a time go on by float32s, the last few frames of a quantum by float64s.
            grouped = at + (end - at) // 4 * 4
            out[at] = (end - at) * step
            advance = cython.cast(cython.double, out[at])
            out[at] = (grouped - at) * step
            near = _wrap(phase + cython.cast(cython.double, out[at]), length)
            for k in range(grouped, end):
                here = cython.cast(cython.int, near)
                cells[k - at] = here
                out[k] = near
                out[k] -= here
                near = _wrap(near + cython.cast(cython.double, step), length)
            if grouped > at:
                for k in range(4):
                    out[at + k] = k * step
                    out[at + k] = phase + cython.cast(cython.double, out[at + k])
                a, b, c, d = out[at], out[at + 1], out[at + 2], out[at + 3]
                for k in range(at, grouped, 4):
                    out[k] = a = _turn(a, period)
                    out[k + 1] = b = _turn(b, period)
                    out[k + 2] = c = _turn(c, period)
                    out[k + 3] = d = _turn(d, period)
                    a += stride
                    b += stride
                    c += stride
                    d += stride
            for k in range(at, grouped):
                here = cython.cast(cython.int, out[k])
                cells[k - at] = here
                out[k] -= here
            for k in range(at, end):
                here = cells[k - at]
                after = (here + 1) & last
                a = full[here] + out[k] * (full[after] - full[here])
                b = bare[here] + out[k] * (bare[after] - bare[here])
                out[k] = a + fade * (b - a)
            phase = _wrap(phase + advance, length)
            at = end
    return phase


def read_swept(
    rows: cython.const[cython.float][:, ::1],
    positions: cython.const[cython.float][::1],
    steps: cython.const[cython.float][::1],
    out: cython.float[::1],
    phase: cython.double,
    first: cython.Py_ssize_t,
    quantum: cython.Py_ssize_t,
) -> float:
    """Fill `out`, shape (frames,), with a wave whose step changes; return the phase after it.

    For frame k the wave is that at `positions[k]` between the rows, of which the last is never
    reached, and `steps[k]` is how far the phase moves on. The rest is as for `read_steady`.
    """
    length: cython.Py_ssize_t = rows.shape[1]
    frames: cython.Py_ssize_t = out.shape[0]
    at: cython.Py_ssize_t = 0
    k: cython.Py_ssize_t
    end: cython.Py_ssize_t
    until: cython.Py_ssize_t
    row: cython.Py_ssize_t
    here: cython.Py_ssize_t
    odd: cython.int
    large: cython.bint
    fade: cython.float
    step: cython.double
    near: cython.double
    exact: cython.longlong
    bits: cython.longlong = 44
    whole: cython.double = cython.cast(cython.longlong, 1) << bits
    unit: cython.double = 1 / whole
    wrap: cython.longlong = (cython.cast(cython.longlong, length) << bits) - 1
    with cython.nogil:
        while at < frames:
            end = min(frames, at + quantum - first)
            first = 0
            odd = (end - at) % 4
            for k in range(at, end):
                odd += abs(steps[k]) < _LINEAR_STEP
            if odd == 0:
                # NB: integers, whose sums are those of float64s, take half the time.
                exact = cython.cast(cython.longlong, phase * whole)
                for k in range(at, end):
                    out[k] = exact * unit
                    here = exact >> bits
                    out[k] = _mix(rows, positions[k], here, out[k] - here)
                    step = cython.cast(cython.double, steps[k])
                    exact = (exact + cython.cast(cython.longlong, step * whole)) & wrap
                phase = exact * unit
                at = end
            while at < end:
                until = min(at + 4, end)
                large = until == at + 4
                for k in range(at, until):
                    large = large and abs(steps[k]) >= _LINEAR_STEP
                for k in range(at, until):
                    out[k] = phase
                    if large:
                        here = cython.cast(cython.Py_ssize_t, phase)
                        out[k] = _mix(rows, positions[k], here, out[k] - here)
                    else:
                        near = cython.cast(cython.double, out[k])
                        row = cython.cast(cython.Py_ssize_t, positions[k])
                        fade = positions[k] - row
                        out[k] = _interpolate(rows[row], rows[row + 1], fade, phase, near, steps[k])
                    phase = _wrap(phase + cython.cast(cython.double, steps[k]), length)
                at = until
    return phase


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _turn(phase: cython.float, period: cython.float) -> cython.float:
    """Return a phase from 0 on as the one within a period."""
    while phase >= period:
        phase -= period
    return phase


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _wrap(phase: cython.double, period: cython.double) -> cython.double:
    """Return any phase as the one within a period."""
    while phase < 0:
        phase += period
    while phase >= period:
        phase -= period
    return phase


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _mix(
    rows: cython.const[cython.float][:, ::1],
    position: cython.float,
    here: cython.Py_ssize_t,
    part: cython.float,
) -> cython.float:
    """Return what is `part` of the way from a frame to the next, in a mix of two rows."""
    after: cython.Py_ssize_t = (here + 1) & (rows.shape[1] - 1)
    row: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, position)
    fade: cython.float = position - row
    full: cython.float = rows[row, here] + part * (rows[row, after] - rows[row, here])
    row += 1
    bare: cython.float = rows[row, here] + part * (rows[row, after] - rows[row, here])
    return full + fade * (bare - full)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _interpolate(
    full: cython.const[cython.float][::1],
    bare: cython.const[cython.float][::1],
    fade: cython.float,
    phase: cython.double,
    near: cython.double,
    step: cython.float,
) -> cython.double:
    """Return a mix of two rows at a phase, which is `near` as a float32, in float64s."""
    last: cython.int = cython.cast(cython.int, full.shape[0]) - 1
    here: cython.int = cython.cast(cython.int, phase)
    after: cython.int = (here + 1) & last
    low: cython.double = cython.cast(cython.double, full[here])
    high: cython.double = cython.cast(cython.double, full[after])
    before: cython.double
    mix: cython.double
    rest: cython.float
    square: cython.double
    t: cython.double
    if step >= _LINEAR_STEP or step <= -_LINEAR_STEP:
        t = near - here
        low = (1 - t) * low + t * high
        high = (1 - t) * cython.cast(cython.double, bare[here])
        high += t * cython.cast(cython.double, bare[after])
        rest = 1 - fade
        return cython.cast(cython.double, rest) * low + cython.cast(cython.double, fade) * high
    # NB: so small a step means the first row alone. https://dlmf.nist.gov/3.3#ii
    t = phase - here
    square = t * t
    before = cython.cast(cython.double, full[(here - 1) & last])
    if step >= _QUADRATIC_STEP or step <= -_QUADRATIC_STEP:
        return 0.5 * t * (t - 1) * before + (1 - square) * low + 0.5 * t * (t + 1) * high
    mix = t * (square - 1) * (t - 2) / 24 * cython.cast(cython.double, full[(here - 2) & last])
    mix += -t * (t - 1) * (square - 4) / 6 * before
    mix += (square - 1) * (square - 4) / 4 * low
    mix += -t * (t + 1) * (square - 4) / 6 * high
    mix += t * (square - 1) * (t + 2) / 24 * cython.cast(cython.double, full[(here + 2) & last])
    return mix
