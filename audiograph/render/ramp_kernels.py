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

# Frames after which a sum begins anew in a longer quantum, before its rounding is noticed.
_LONGEST_SUM = cython.declare(cython.Py_ssize_t, 128)


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


def sum_line(
    out: cython.float[::1],
    start: cython.longlong,
    quantum: cython.longlong,
    sample_rate: cython.double,
    start_time: cython.double,
    value: cython.double,
    rise: cython.double,
    speed: cython.double,
) -> None:
    """Fill `out`, from the frame `start` on, with `value` + `rise` · (`speed` · seconds).

    The seconds are those since `start_time`; `value`, `rise` and `speed` are float32s. NB: as in
    browsers, in a quantum four sums of float32s make a line each, so that an oscillator whose
    frequency is a ramp has their phase.
    """
    frames: cython.Py_ssize_t = out.shape[0]
    at: cython.Py_ssize_t = 0
    k: cython.Py_ssize_t
    end: cython.Py_ssize_t
    summed: cython.Py_ssize_t
    begin: cython.longlong
    gone: cython.longlong
    seconds: cython.double
    slope: cython.double
    frame: cython.double
    stride: cython.float
    with cython.nogil:
        while at < frames:
            begin = start + at
            gone = begin % quantum
            end = min(frames, at + quantum - gone, at + _LONGEST_SUM - gone % _LONGEST_SUM)
            summed = at + (end - at) // 4 * 4
            if summed > at:
                out[at] = rise * speed
                slope = cython.cast(cython.double, out[at])
                out[at] = 1 / sample_rate
                frame = cython.cast(cython.double, out[at])
                out[at] = 4 / sample_rate * speed * rise
                stride = out[at]
                out[at] = begin / sample_rate - start_time
                seconds = cython.cast(cython.double, out[at])
                for k in range(at, at + 4):
                    out[k] = (k - at) * frame
                    out[k] = seconds + cython.cast(cython.double, out[k])
                    out[k] = slope * cython.cast(cython.double, out[k])
                    out[k] = value + cython.cast(cython.double, out[k])
                for k in range(at + 4, summed):
                    out[k] = out[k - 4] + stride
            for k in range(summed, end):
                out[k] = speed * ((start + k) / sample_rate - start_time)
                out[k] = rise * cython.cast(cython.double, out[k])
                out[k] = value + cython.cast(cython.double, out[k])
            at = end


def multiply_up(
    out: cython.float[::1],
    levels: cython.const[cython.float][::1],
    factor: cython.double,
    first: cython.Py_ssize_t,
    quantum: cython.Py_ssize_t,
) -> None:
    """Fill `out` with powers: in each quantum from its level on, by `factor` from frame to frame.

    The first frame is number `first` of its quantum.
    """
    frames: cython.Py_ssize_t = out.shape[0]
    at: cython.Py_ssize_t = 0
    k: cython.Py_ssize_t
    end: cython.Py_ssize_t
    number: cython.Py_ssize_t
    level: cython.double
    with cython.nogil:
        for number in range(levels.shape[0]):
            end = min(frames, (number + 1) * quantum - first)
            level = cython.cast(cython.double, levels[number])
            for k in range(at, end):
                out[k] = level
                level *= factor
            at = end


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
    begins: cython.const[cython.double][::1],
    slope: cython.double,
    first: cython.Py_ssize_t,
    quantum: cython.Py_ssize_t,
) -> None:
    """Fill `out` with `points`, read in each quantum from its place in `begins` on.

    A frame is `slope` points after the one before. Between points the value is linearly
    interpolated. The first frame is number `first` of its quantum. NB: as in browsers, in float32s
    but for the last few frames of a quantum.
    """
    frames: cython.Py_ssize_t = out.shape[0]
    last: cython.Py_ssize_t = points.shape[0] - 1
    at: cython.Py_ssize_t = 0
    k: cython.Py_ssize_t
    i: cython.Py_ssize_t
    number: cython.Py_ssize_t
    end: cython.Py_ssize_t
    grouped: cython.Py_ssize_t
    begin: cython.double
    place: cython.double
    step: cython.double
    low: cython.double
    high: cython.double
    with cython.nogil:
        for number in range(begins.shape[0]):
            end = min(frames, (number + 1) * quantum - first)
            grouped = at + (end - at) // 4 * 4
            begin = begins[number]
            if grouped > at:
                out[at] = begin
                begin = cython.cast(cython.double, out[at])
                out[at] = slope
                step = cython.cast(cython.double, out[at])
                for k in range(at, grouped):
                    out[k] = (k - at) * step
                    out[k] = begin + cython.cast(cython.double, out[k])
                    place = cython.cast(cython.double, out[k])
                    i = min(cython.cast(cython.Py_ssize_t, place), last)
                    out[k] = min(place - i, 1.0)
                    place = cython.cast(cython.double, out[k])
                    low = cython.cast(cython.double, points[i])
                    high = cython.cast(cython.double, points[min(i + 1, last)])
                    out[k] = high - low
                    out[k] = cython.cast(cython.double, out[k]) * place
                    out[k] = low + cython.cast(cython.double, out[k])
                begin = begins[number]
            for k in range(grouped, end):
                place = begin + (k - at) * slope
                i = min(cython.cast(cython.Py_ssize_t, place), last)
                low = cython.cast(cython.double, points[i])
                out[k] = cython.cast(cython.double, points[min(i + 1, last)]) - low
                out[k] = low + cython.cast(cython.double, out[k]) * min(place - i, 1.0)
            at = end
