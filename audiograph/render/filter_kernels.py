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
    mix: cython.double[:, ::1],
    angle: cython.double[::1],
    damping: cython.double[::1],
    out: cython.double[:, ::1],
) -> None:
    """Fill `out`, shape (5, frames), with b0, b1, b2, a1 and a2 of biquads, divided by a0.

    Every type of filter is linear in cos ω and α = sin ω · damping:

        b0, b2 = mix[0] + mix[1] cos ω ± mix[2] α,  b1 = mix[3] + mix[4] cos ω
        a0, a2 = mix[5] + mix[6] cos ω ± mix[7] α,  a1 = mix[8] + mix[9] cos ω

    `angle`, shape (frames,), is ω from 0 to π. `mix` is of shape (frames, 10) and `damping` of
    shape (frames,), or with one in the place of the frames where they stay the same. Where a pole
    and a zero meet on the unit circle, at 0 and π and with a damping that is infinite, the filter
    is the gain that remains without the two.
    """
    frames: cython.Py_ssize_t = out.shape[1]
    half_turn: cython.double = 3.141592653589793
    mixed: cython.bint = mix.shape[0] > 1
    damped: cython.bint = damping.shape[0] > 1
    k: cython.Py_ssize_t
    row: cython.Py_ssize_t
    x: cython.double
    xx: cython.double
    cosine: cython.double
    alpha: cython.double
    scale: cython.double
    with cython.nogil:
        for k in range(frames):
            # Taylor's series, exact to the last digit up to a quarter turn: a loop of its own that
            # compilers vectorise, several times as fast as the C library's functions.
            x = half_turn / 2 - angle[k]
            xx = x * x
            out[3, k] = x * (
                1.0
                + xx * (-1 / 6.0 + xx * (1 / 120.0 + xx * (-1 / 5040.0 + xx * (1 / 362880.0
                + xx * (-1 / 39916800.0 + xx * (1 / 6227020800.0
                + xx * (-1 / 1307674368000.0 + xx * (1 / 355687428096000.0
                + xx * (-1 / 121645100408832000.0 + xx / 51090942171709440000.0)))))))))
            )  # fmt: skip
            out[4, k] = (
                1.0
                + xx * (-1 / 2.0 + xx * (1 / 24.0 + xx * (-1 / 720.0 + xx * (1 / 40320.0
                + xx * (-1 / 3628800.0 + xx * (1 / 479001600.0
                + xx * (-1 / 87178291200.0 + xx * (1 / 20922789888000.0
                + xx * (-1 / 6402373705728000.0 + xx / 2432902008176640000.0)))))))))
            )  # fmt: skip
        for k in range(frames):
            row = k if mixed else 0
            if 0 < angle[k] < half_turn and damping[k if damped else 0] < 1e300:
                cosine = out[3, k]
                alpha = out[4, k] * damping[k if damped else 0]
                scale = 1 / (mix[row, 5] + mix[row, 6] * cosine + mix[row, 7] * alpha)
                out[0, k] = scale * (mix[row, 0] + mix[row, 1] * cosine + mix[row, 2] * alpha)
                out[1, k] = scale * (mix[row, 3] + mix[row, 4] * cosine)
                out[2, k] = scale * (mix[row, 0] + mix[row, 1] * cosine - mix[row, 2] * alpha)
                out[3, k] = scale * (mix[row, 8] + mix[row, 9] * cosine)
                out[4, k] = scale * (mix[row, 5] + mix[row, 6] * cosine - mix[row, 7] * alpha)
                continue
            out[1, k] = out[2, k] = out[3, k] = out[4, k] = 0
            if angle[k] <= 0:
                # All is above ω: the response at z = -1.
                out[0, k] = (2 * (mix[row, 0] + mix[row, 1]) - (mix[row, 3] + mix[row, 4])) / (
                    2 * (mix[row, 5] + mix[row, 6]) - (mix[row, 8] + mix[row, 9])
                )
            elif angle[k] >= half_turn:
                # All is below ω: the response at z = 1.
                out[0, k] = (2 * (mix[row, 0] - mix[row, 1]) + (mix[row, 3] - mix[row, 4])) / (
                    2 * (mix[row, 5] - mix[row, 6]) + (mix[row, 8] - mix[row, 9])
                )
            else:
                out[0, k] = mix[row, 2] / mix[row, 7]


def biquad(
    signal: cython.const[cython.float][:, :],
    coefficients: cython.double[:, ::1],
    quantum: cython.Py_ssize_t,
    state: cython.double[:, ::1],
    out: cython.float[:, ::1],
) -> None:
    """Fill `out` with `signal` filtered, both of shape (channels, frames).

    `coefficients` are b0, b1, b2, a1 and a2, of shape (5, frames) or, where they stay the same,
    (5, 1). `state`, shape (channels, 4), is x(n-1), x(n-2), y(n-1) and y(n-2) and is brought up to
    date; at the end of a `quantum`, of which `frames` is a multiple, what is too small is zero.
    """
    channels: cython.Py_ssize_t = out.shape[0]
    turns: cython.Py_ssize_t = out.shape[1] // quantum
    varying: cython.bint = coefficients.shape[1] > 1
    tiny: cython.double = 1e-30
    turn: cython.Py_ssize_t
    at: cython.Py_ssize_t
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
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
    with cython.nogil:
        # Two channels at a time, x to y and u to v, since one alone mostly waits for its last
        # frame; the last of an odd number of them is its own partner.
        for i in range(0, channels, 2):
            j = i + 1 if i + 1 < channels else i
            x1, x2, y1, y2 = state[i, 0], state[i, 1], state[i, 2], state[i, 3]
            u1, u2, v1, v2 = state[j, 0], state[j, 1], state[j, 2], state[j, 3]
            for turn in range(turns):
                for k in range(turn * quantum, (turn + 1) * quantum):
                    at = k if varying else 0
                    x = signal[i, k]
                    u = signal[j, k]
                    y = (
                        coefficients[0, at] * x
                        + coefficients[1, at] * x1
                        + coefficients[2, at] * x2
                        - coefficients[4, at] * y2
                        - coefficients[3, at] * y1
                    )
                    v = (
                        coefficients[0, at] * u
                        + coefficients[1, at] * u1
                        + coefficients[2, at] * u2
                        - coefficients[4, at] * v2
                        - coefficients[3, at] * v1
                    )
                    out[i, k] = y
                    out[j, k] = v
                    x2, x1, y2, y1 = x1, x, y1, y
                    u2, u1, v2, v1 = u1, u, v1, v
                # NB: a tail that decays further ends in numbers that are slow to compute.
                if -tiny < y1 < tiny and -tiny < y2 < tiny:
                    y1 = y2 = 0
                if -tiny < v1 < tiny and -tiny < v2 < tiny:
                    v1 = v2 = 0
            state[i, 0], state[i, 1], state[i, 2], state[i, 3] = x1, x2, y1, y2
            state[j, 0], state[j, 1], state[j, 2], state[j, 3] = u1, u2, v1, v2


def iir(
    signal: cython.const[cython.float][:, :],
    feedforward: cython.double[::1],
    feedback: cython.double[::1],
    quantum: cython.Py_ssize_t,
    state: cython.double[:, ::1],
    out: cython.float[:, ::1],
) -> None:
    """Fill `out` with `signal` filtered, both of shape (channels, frames).

    `feedforward` and `feedback` are of the same length, the order and one, and `feedback` begins
    with 1. `state`, shape (channels, order), holds what the past adds to the frames to come (the
    transposed direct form II) and is brought up to date; at the end of a `quantum`, of which
    `frames` is a multiple, what is too small is zero.
    """
    channels: cython.Py_ssize_t = out.shape[0]
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
