# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Recursive filters: each frame needs the one before.

Pure Python with Cython's types, as `audiograph.render.kernels` is.
"""

try:
    import cython
except ImportError:
    # NB: Cython is there when the package is built, and not where it runs.
    from audiograph.render import cython

COMPILED = cython.compiled
"""Whether the compiled form runs."""


def biquad_coefficients(
    mix: cython.const[cython.double][:, ::1],
    damping: cython.const[cython.double][::1],
    hertz: cython.const[cython.double][::1],
    nyquist: cython.double,
    out: cython.double[:, ::1],
) -> None:
    """Fill `out`, shape (5, frames), with b0, b1, b2, a1 and a2 of biquads, divided by a0.

    Every type of filter is linear in cos ω and α = sin ω · damping:

        b0, b2 = mix[0] + mix[1] cos ω ± mix[2] α,  b1 = mix[3] + mix[4] cos ω
        a0, a2 = mix[5] + mix[6] cos ω ± mix[7] α,  a1 = mix[8] + mix[9] cos ω

    `hertz`, shape (frames,), is what is at ω, and `nyquist` what would be at π. `mix` is of shape
    (10, frames) and `damping` of shape (frames,), or with one in the place of the frames where they
    stay the same. Where a pole and a zero meet on the unit circle, at 0 and π and beyond and with a
    damping that is infinite, the filter is the gain that remains without the two.
    """
    with cython.nogil:
        _weigh(mix, damping, hertz, nyquist, 0, out.shape[1], out)


def biquad(
    signal: cython.const[cython.float][:, :],
    coefficients: cython.double[:, ::1],
    quantum: cython.Py_ssize_t,
    state: cython.double[:, ::1],
    out: cython.float[:, ::1],
) -> int:
    """Fill `out` with `signal` filtered, both of shape (channels, frames).

    `coefficients` are b0, b1, b2, a1 and a2, of shape (5, 1). `state`, shape (channels, 4), is
    x(n-1), x(n-2), y(n-1) and y(n-2) and is brought up to date; at the end of a `quantum`, of which
    `frames` is a multiple, what is too small is zero. Returns after how many frames, whole quanta,
    it was other than zero for the last time.
    """
    remembering: cython.Py_ssize_t
    with cython.nogil:
        remembering = _recur(signal, coefficients, 0, out.shape[1], quantum, state, out)
    return remembering


def swept_biquad(
    signal: cython.const[cython.float][:, :],
    mix: cython.const[cython.double][:, ::1],
    damping: cython.const[cython.double][::1],
    hertz: cython.const[cython.double][::1],
    nyquist: cython.double,
    coefficients: cython.double[:, ::1],
    quantum: cython.Py_ssize_t,
    state: cython.double[:, ::1],
    out: cython.float[:, ::1],
) -> int:
    """Do for a filter that changes what `biquad_coefficients` and `biquad` do for one.

    `coefficients`, shape (5, a multiple of `quantum`), is room to work in: so many frames at a time
    stay in the processor's cache.
    """
    frames: cython.Py_ssize_t = out.shape[1]
    first: cython.Py_ssize_t = 0
    count: cython.Py_ssize_t
    last: cython.Py_ssize_t
    remembering: cython.Py_ssize_t = 0
    with cython.nogil:
        while first < frames:
            count = min(coefficients.shape[1], frames - first)
            _weigh(mix, damping, hertz, nyquist, first, count, coefficients)
            last = _recur(signal, coefficients, first, count, quantum, state, out)
            if last > 0:
                remembering = first + last
            first += count
    return remembering


def iir(
    signal: cython.const[cython.float][:, :],
    feedforward: cython.double[::1],
    feedback: cython.double[::1],
    quantum: cython.Py_ssize_t,
    state: cython.double[:, ::1],
    out: cython.float[:, ::1],
) -> int:
    """Fill `out` with `signal` filtered, both of shape (channels, frames).

    `feedforward` and `feedback` are of the same length, the order and one, and `feedback` begins
    with 1. `state`, shape (channels, order), holds what the past adds to the frames to come (the
    transposed direct form II) and is brought up to date; at the end of a `quantum`, of which
    `frames` is a multiple, what is too small is zero. Returns what `biquad` does.
    """
    channels: cython.Py_ssize_t = out.shape[0]
    remembering: cython.Py_ssize_t = 0
    turns: cython.Py_ssize_t = out.shape[1] // quantum
    last: cython.Py_ssize_t = state.shape[1] - 1
    tiny: cython.double = 1e-30
    over: cython.bint
    turn: cython.Py_ssize_t
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    x: cython.double
    y: cython.double
    with cython.nogil:
        for i in range(channels):
            for turn in range(turns):
                for k in range(turn * quantum, (turn + 1) * quantum):
                    x = signal[i, k]
                    y = state[i, 0] + feedforward[0] * x
                    out[i, k] = y
                    for j in range(last):
                        state[i, j] = state[i, j + 1] + feedforward[j + 1] * x - feedback[j + 1] * y
                    state[i, last] = feedforward[last + 1] * x - feedback[last + 1] * y
                over = True
                for j in range(last + 1):
                    over = over and -tiny < state[i, j] < tiny
                if over:
                    for j in range(last + 1):
                        state[i, j] = 0
                elif remembering <= turn:
                    remembering = turn + 1
    return remembering * quantum


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _weigh(
    mix: cython.const[cython.double][:, ::1],
    damping: cython.const[cython.double][::1],
    hertz: cython.const[cython.double][::1],
    nyquist: cython.double,
    first: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
    out: cython.double[:, ::1],
) -> cython.void:
    """Compute the coefficients of `count` frames from `first` on, as `biquad_coefficients` does."""
    turn: cython.double = 3.141592653589793 / nyquist
    quarter: cython.double = 3.141592653589793 / 2
    mixed: cython.bint = mix.shape[1] > 1
    damped: cython.bint = damping.shape[0] > 1
    m0: cython.double = mix[0, 0]
    m1: cython.double = mix[1, 0]
    m2: cython.double = mix[2, 0]
    m3: cython.double = mix[3, 0]
    m4: cython.double = mix[4, 0]
    m5: cython.double = mix[5, 0]
    m6: cython.double = mix[6, 0]
    m7: cython.double = mix[7, 0]
    m8: cython.double = mix[8, 0]
    m9: cython.double = mix[9, 0]
    width: cython.double = damping[0]
    at: cython.Py_ssize_t
    k: cython.Py_ssize_t
    x: cython.double
    xx: cython.double
    x4: cython.double
    cosine: cython.double
    alpha: cython.double
    scale: cython.double
    for k in range(count):
        # sin x / x and cos x as polynomials of x², exact to the last digit (interpolated where,
        # from 0 to (π / 2)², the ninth of Chebyshev's is zero): compilers vectorise them, unlike
        # the C library's functions. Even and odd powers apart wait less for each other.
        x = quarter - turn * hertz[first + k]
        xx = x * x
        x4 = xx * xx
        out[3, k] = x * (
            (1.0 + x4 * (0.008333333333333186 + x4 * (2.7557319211229606e-06
            + x4 * (1.605894087848656e-10 + x4 * 2.7215749422983443e-15))))
            + xx * (-0.16666666666666666 + x4 * (-0.00019841269841208676
            + x4 * (-2.505210689056952e-08 + x4 * -7.643026557971632e-13)))
        )  # fmt: skip
        out[4, k] = (
            (1.0 + x4 * (0.04166666666666388 + x4 * (2.4801587277414926e-05
            + x4 * (2.0876561839933163e-09 + x4 * 4.608977003001797e-14))))
            + xx * (-0.4999999999999997 + x4 * (-0.001388888888877299
            + x4 * (-2.755731639102575e-07 + x4 * -1.1462901901757276e-11)))
        )  # fmt: skip
    if damped:
        for k in range(count):
            out[4, k] *= damping[first + k]
    else:
        for k in range(count):
            out[4, k] *= width
    if mixed:
        for k in range(count):
            at = first + k
            cosine = out[3, k]
            alpha = out[4, k]
            scale = 1 / (mix[5, at] + mix[6, at] * cosine + mix[7, at] * alpha)
            out[0, k] = scale * (mix[0, at] + mix[1, at] * cosine + mix[2, at] * alpha)
            out[1, k] = scale * (mix[3, at] + mix[4, at] * cosine)
            out[2, k] = scale * (mix[0, at] + mix[1, at] * cosine - mix[2, at] * alpha)
            out[3, k] = scale * (mix[8, at] + mix[9, at] * cosine)
            out[4, k] = scale * (mix[5, at] + mix[6, at] * cosine - mix[7, at] * alpha)
    else:
        for k in range(count):
            cosine = out[3, k]
            alpha = out[4, k]
            scale = 1 / (m5 + m6 * cosine + m7 * alpha)
            out[0, k] = scale * (m0 + m1 * cosine + m2 * alpha)
            out[1, k] = scale * (m3 + m4 * cosine)
            out[2, k] = scale * (m0 + m1 * cosine - m2 * alpha)
            out[3, k] = scale * (m8 + m9 * cosine)
            out[4, k] = scale * (m5 + m6 * cosine - m7 * alpha)
    # What is beyond, and has overflowed, is computed anew.
    for k in range(count):
        if 0 < hertz[first + k] < nyquist and damping[first + k if damped else 0] < 1e300:
            continue
        at = first + k if mixed else 0
        out[1, k] = out[2, k] = out[3, k] = out[4, k] = 0
        if hertz[first + k] <= 0:
            # All is above ω: the response at z = -1.
            out[0, k] = (2 * (mix[0, at] + mix[1, at]) - (mix[3, at] + mix[4, at])) / (
                2 * (mix[5, at] + mix[6, at]) - (mix[8, at] + mix[9, at])
            )
        elif hertz[first + k] >= nyquist:
            # All is below ω: the response at z = 1.
            out[0, k] = (2 * (mix[0, at] - mix[1, at]) + (mix[3, at] - mix[4, at])) / (
                2 * (mix[5, at] - mix[6, at]) + (mix[8, at] - mix[9, at])
            )
        else:
            out[0, k] = mix[2, at] / mix[7, at]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _recur(
    signal: cython.const[cython.float][:, :],
    coefficients: cython.double[:, ::1],
    first: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
    quantum: cython.Py_ssize_t,
    state: cython.double[:, ::1],
    out: cython.float[:, ::1],
) -> cython.Py_ssize_t:
    """Filter `count` frames from `first` on, as `biquad` does; coefficients are for each or all."""
    channels: cython.Py_ssize_t = out.shape[0]
    remembering: cython.Py_ssize_t = 0
    varying: cython.bint = coefficients.shape[1] > 1
    tiny: cython.double = 1e-30
    turn: cython.Py_ssize_t
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    b0: cython.double
    b1: cython.double
    b2: cython.double
    a1: cython.double
    a2: cython.double
    x: cython.double
    x1: cython.double
    x2: cython.double
    y: cython.double
    y1: cython.double
    y2: cython.double
    u: cython.double
    u1: cython.double
    u2: cython.double
    v: cython.double
    v1: cython.double
    v2: cython.double
    # Two channels at a time, x to y and u to v, since one alone mostly waits for its last frame;
    # the last of an odd number of them is its own partner.
    for i in range(0, channels, 2):
        j = i + 1 if i + 1 < channels else i
        x1, x2, y1, y2 = state[i, 0], state[i, 1], state[i, 2], state[i, 3]
        u1, u2, v1, v2 = state[j, 0], state[j, 1], state[j, 2], state[j, 3]
        b0, b1, b2 = coefficients[0, 0], coefficients[1, 0], coefficients[2, 0]
        a1, a2 = coefficients[3, 0], coefficients[4, 0]
        for turn in range(count // quantum):
            for k in range(turn * quantum, (turn + 1) * quantum):
                if varying:
                    b0, b1, b2 = coefficients[0, k], coefficients[1, k], coefficients[2, k]
                    a1, a2 = coefficients[3, k], coefficients[4, k]
                x = signal[i, first + k]
                u = signal[j, first + k]
                y = b0 * x + b1 * x1 + b2 * x2 - a2 * y2 - a1 * y1
                v = b0 * u + b1 * u1 + b2 * u2 - a2 * v2 - a1 * v1
                out[i, first + k] = y
                out[j, first + k] = v
                x2, x1, y2, y1 = x1, x, y1, y
                u2, u1, v2, v1 = u1, u, v1, v
            # NB: a tail that decays further ends in numbers that are slow to compute.
            if -tiny < y1 < tiny and -tiny < y2 < tiny:
                y1 = y2 = 0
            if -tiny < v1 < tiny and -tiny < v2 < tiny:
                v1 = v2 = 0
            if remembering <= turn and not (
                x1 == x2 == y1 == y2 == 0 and u1 == u2 == v1 == v2 == 0
            ):
                remembering = turn + 1
        state[i, 0], state[i, 1], state[i, 2], state[i, 3] = x1, x2, y1, y2
        state[j, 0], state[j, 1], state[j, 2], state[j, 3] = u1, u2, v1, v2
    return remembering * quantum
