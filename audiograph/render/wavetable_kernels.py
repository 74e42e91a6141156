# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Reading a wavetable at a phase that moves on with every frame.

The phase counts frames of the table in fixed point: whole numbers, whose sums are exact, so that
they are the same in blocks of any length and after any time.

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

FRACTION_BITS = 44
"""Bits of a phase behind the point: a step that is a float32 has no more, unless it is tiny."""

LINEAR_STEP = 0.3
"""From so many frames of the table for one of the output on, linear interpolation will do."""

# Below it, three points of the table are too few.
_CUBIC_STEP = 0.16


def read_row(
    row: cython.float[::1],
    out: cython.float[::1],
    phase: cython.longlong,
    step: cython.longlong,
) -> None:
    """Fill `out`, shape (frames,), with one period, `row`, read at `phase` + k · `step`.

    The row's length is a power of two. Between its frames the value is linearly interpolated.
    """
    bits: cython.longlong = FRACTION_BITS
    whole: cython.longlong = cython.cast(cython.longlong, 1) << bits
    period: cython.longlong = row.shape[0] * whole
    last: cython.Py_ssize_t = row.shape[0] - 1
    unit: cython.double = 1.0 / whole
    frames: cython.Py_ssize_t = out.shape[0]
    k: cython.Py_ssize_t
    here: cython.Py_ssize_t
    fraction: cython.double
    low: cython.double
    high: cython.double
    with cython.nogil:
        for k in range(frames):
            here = phase >> bits
            fraction = (phase & (whole - 1)) * unit
            low = cython.cast(cython.double, row[here])
            high = cython.cast(cython.double, row[(here + 1) & last])
            out[k] = low + fraction * (high - low)
            phase = (phase + step) & (period - 1)


def read_rows(
    rows: cython.float[:, ::1],
    positions: cython.float[::1],
    steps: cython.float[::1],
    out: cython.float[::1],
    phase: cython.longlong,
) -> int:
    """Fill `out` from `rows`, shape (rows, frames of a period); return the phase after it.

    For frame k of `out` the wave is that at `positions[k]`, a mix of the two rows around it, and
    `steps[k]` is how far the phase moves on, in frames of the table. Where the steps are small, as
    many frames of the table are interpolated as it takes for the wave to be smooth.
    """
    bits: cython.longlong = FRACTION_BITS
    whole: cython.longlong = cython.cast(cython.longlong, 1) << bits
    period: cython.longlong = rows.shape[1] * whole
    last: cython.Py_ssize_t = rows.shape[1] - 1
    highest: cython.Py_ssize_t = rows.shape[0] - 1
    unit: cython.double = 1.0 / whole
    scale: cython.double = whole
    linear: cython.double = LINEAR_STEP
    cubic: cython.double = _CUBIC_STEP
    frames: cython.Py_ssize_t = out.shape[0]
    k: cython.Py_ssize_t
    here: cython.Py_ssize_t
    after: cython.Py_ssize_t
    more: cython.Py_ssize_t
    fewer: cython.Py_ssize_t
    fade: cython.float
    mixed: cython.float
    step: cython.double
    fraction: cython.double
    low: cython.double
    high: cython.double
    before: cython.double
    value: cython.double
    outer_low: cython.double
    outer_high: cython.double
    with cython.nogil:
        for k in range(frames):
            step = cython.cast(cython.double, steps[k])
            here = phase >> bits
            after = (here + 1) & last
            fraction = (phase & (whole - 1)) * unit
            more = cython.cast(cython.Py_ssize_t, positions[k])
            if step >= linear or step <= -linear:
                fewer = more + 1 if more < highest else more
                # NB: float32s, as where the rows are mixed beforehand for `read_row`.
                fade = positions[k] - more
                mixed = rows[more, here] + fade * (rows[fewer, here] - rows[more, here])
                low = cython.cast(cython.double, mixed)
                mixed = rows[more, after] + fade * (rows[fewer, after] - rows[more, after])
                high = cython.cast(cython.double, mixed)
                value = low + fraction * (high - low)
            else:
                # Stirling's formula, to the second or to the fourth difference. NB: so small a step
                # means the first row alone.
                low = cython.cast(cython.double, rows[more, here])
                high = cython.cast(cython.double, rows[more, after])
                before = cython.cast(cython.double, rows[more, (here - 1) & last])
                value = low + fraction / 2 * (high - before + fraction * (high - 2 * low + before))
                if -cubic < step < cubic:
                    outer_low = cython.cast(cython.double, rows[more, (here - 2) & last])
                    outer_high = cython.cast(cython.double, rows[more, (here + 2) & last])
                    value += (fraction * (fraction * fraction - 1) / 12) * (
                        (outer_high - outer_low - 2 * (high - before))
                        + fraction / 2 * (outer_high + outer_low - 4 * (high + before) + 6 * low)
                    )
            out[k] = value
            phase = (phase + cython.cast(cython.longlong, step * scale)) & (period - 1)
    return phase
