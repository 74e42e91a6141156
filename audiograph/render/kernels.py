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

if cython.compiled:
    from cython.cimports.libc.math import ceil, fabs, fmod
else:
    from math import ceil, fabs, fmod

COMPILED = cython.compiled
"""Whether the compiled form runs."""


def play_linear(
    source: cython.float[:, ::1],
    out: cython.float[:, ::1],
    position: cython.double,
    rate: cython.double,
    loop_start: cython.double,
    loop_end: cython.double,
) -> tuple[int, float]:
    """Fill `out` with `source`, read at `position` and then `rate` further on for every frame.

    Both are of shape (channels, frames); between frames the value is linearly interpolated, and
    behind the last one the line through the last two goes on. With `loop_end` > `loop_start`,
    positions that run out of that range come in again at its other end. Without a loop, reading
    ends where the position leaves `source`. Returns how many frames were filled, and the position
    after them; these also, and quickly, for an `out` without channels.

    A position is the sum of all the steps before it, each rounded. As long as it stays between two
    powers of two, every step is rounded to the same number, so that whole stretches are a product
    and no less exact: that is where the time is spent.
    """
    channels: cython.Py_ssize_t = out.shape[0]
    length: cython.Py_ssize_t = source.shape[1]
    frames: cython.Py_ssize_t = out.shape[1]
    looping: cython.bint = loop_end > loop_start
    span: cython.double = loop_end - loop_start
    # Before it, a frame of the source is followed by the next one.
    edge: cython.double = ceil(loop_end if looping else length) - 1
    done: cython.Py_ssize_t = 0
    run: cython.Py_ssize_t
    i: cython.int
    spot: cython.int
    c: cython.Py_ssize_t
    here: cython.Py_ssize_t
    after: cython.Py_ssize_t
    step: cython.double
    power: cython.double
    room: cython.double
    most: cython.double
    at: cython.double
    fraction: cython.double
    low: cython.double
    high: cython.double
    # Three short loops, each over what lies side by side, are faster than one over everything.
    spots: cython.int[256]
    fractions: cython.double[256]
    pairs: cython.float[512]
    if not cython.compiled:
        spots, fractions, pairs = [0] * 256, [0.0] * 256, [0.0] * 512
    with cython.nogil:
        while True:
            if not looping:
                if position >= length if rate >= 0 else position < 0:
                    break
            elif rate >= 0 and position >= loop_end:
                position = loop_end - span + fmod(position - loop_end, span)
                # NB: a hair less than a whole lap is rounded to the end again.
                if position >= loop_end:
                    position = loop_start
            elif rate < 0 and position < loop_start:
                position = loop_start + span - fmod(loop_start - position, span)
                if position >= loop_end:
                    position = loop_start
            if done == frames:
                break

            # How many frames are to come before the steps change or the loop comes around.
            run = 0
            step = position + rate - position
            if 1 <= position < edge:
                power = 2
                while power <= position:
                    power *= 2
                if step >= 0:
                    room = min(power, edge) - position
                else:
                    room = position - max(power / 2, loop_start)
                # NB: the second step differs from the first where both are half way between two
                # numbers, and then goes to the even one.
                if fabs(step) < room and position + step + rate - (position + step) == step:
                    most = frames - done
                    run = cython.cast(
                        cython.Py_ssize_t,
                        most if fabs(step) * most < room else room / fabs(step) - 1,
                    )
            if run > 0:
                if channels:
                    run = min(run, 256)
                    for i in range(cython.cast(cython.int, run)):
                        at = position + i * step
                        spot = cython.cast(cython.int, at)
                        spots[i] = spot
                        fractions[i] = at - spot
                    for c in range(channels):
                        for i in range(cython.cast(cython.int, run)):
                            here = spots[i]
                            pairs[2 * i] = source[c, here]
                            pairs[2 * i + 1] = source[c, here + 1]
                        for i in range(cython.cast(cython.int, run)):
                            low = cython.cast(cython.double, pairs[2 * i])
                            high = cython.cast(cython.double, pairs[2 * i + 1])
                            out[c, done + i] = (1 - fractions[i]) * low + fractions[i] * high
                position += run * step
                done += run
                continue

            if 0 <= position < length:
                here = cython.cast(cython.Py_ssize_t, position)
                fraction = position - here
                after = here + 1
                if looping and here < loop_end <= after:
                    if span >= 1:
                        at = position + 1 - span
                    else:
                        at = loop_start + fmod(position + 1 - loop_start, span)
                    after = cython.cast(cython.Py_ssize_t, at) if at > 0 else 0
                for c in range(channels):
                    low = cython.cast(cython.double, source[c, here])
                    if after < length:
                        high = cython.cast(cython.double, source[c, after])
                        out[c, done] = (1 - fraction) * low + fraction * high
                    elif here > 0:
                        high = cython.cast(cython.double, source[c, here - 1])
                        out[c, done] = low + (low - high) * fraction
                    else:
                        out[c, done] = low
            else:
                for c in range(channels):
                    out[c, done] = 0
            position += rate
            done += 1
    return done, position


def faint_quanta(
    samples: cython.const[cython.float][:, :], quantum: cython.Py_ssize_t, least: cython.double
) -> tuple[bool, int]:
    """Return whether `samples` begin with faint quanta, and how many begin them that are alike.

    `samples` are of shape (channels, frames), `frames` a multiple of `quantum`. A quantum is faint
    where nothing in it is as far from zero as `least`.
    """
    quanta: cython.Py_ssize_t = samples.shape[1] // quantum
    first: cython.bint = True
    faint: cython.bint
    count: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    with cython.nogil:
        while count < quanta:
            faint = True
            for i in range(samples.shape[0]):
                for k in range(count * quantum, (count + 1) * quantum):
                    if not fabs(samples[i, k]) < least:
                        faint = False
                        break
                if not faint:
                    break
            if count == 0:
                first = faint
            elif faint != first:
                break
            count += 1
    return bool(first), count
