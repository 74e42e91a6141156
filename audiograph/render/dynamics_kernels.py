# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What a compressor does sample by sample.

Pure Python with Cython's types, as `audiograph.render.kernels` is. What is kept from frame to frame
is rounded to a float32 after every step, compiled or interpreted: a slow release grows by some
millionths a frame, and how that is rounded can be heard.
"""

try:
    import cython
except ImportError:
    # NB: Cython is there when the package is built, and not where it runs.
    from audiograph.render import cython

if cython.compiled:
    from cython.cimports.libc.math import asin, exp, log, sin
else:
    from math import asin, exp, log, sin

COMPILED = cython.compiled
"""Whether the compiled form runs."""


def follow(
    levels: cython.float[::1],
    bits: cython.int[::1],
    gains: cython.float[::1],
    shapes: cython.double[:, ::1],
    versions: cython.int[::1],
    cells: cython.float[:, ::1],
    filled: cython.int[::1],
    times: cython.float[:, ::1],
    state: cython.float[::1],
    detector_frames: cython.double,
    slowest_rate: cython.float,
    meter_frames: cython.double,
    quantum: cython.Py_ssize_t,
    quiet: cython.longlong,
    tail: cython.double,
) -> int:
    """Fill `gains` with the compressor's gain for `levels`, before it is bent and made up for.

    What comes out of the compression curve takes several transcendental functions, so what was
    found out about it is kept: in cells, 1024 an octave from 2^-14 on, in which the results are
    straight lines over the level.

    https://webaudio.github.io/web-audio-api/#DynamicsCompressorOptions-processing

    Parameters
    ----------
    levels, bits : array of shape (frames,)
        The input's magnitude, below 2^16, as float32 and as the bits of that.
    gains : array of shape (frames,)
        The result; 1 is no compression.
    shapes : array of shape (quanta, 5)
        For each quantum, or once for all: the threshold, the knee's steepness, where the knee
        ends, and, of the straight line that follows, the nepers that come out for 0 and the slope.
    versions : array of shape (quanta,)
        A number for each of these that changes with it, and is not 0.
    cells : array of shape (cells, 4)
        Offset and slope of the attenuation and of the detector's rate; kept between calls.
    filled : array of shape (cells,)
        The version that a cell is filled for; kept between calls.
    times : array of shape (quanta, 2)
        The attack and the release, in frames, for each quantum or once for all.
    state : array of shape (5,)
        The detector average, the compressor gain, the most decibels to go in this attack (-1 in
        none), the metered gain in decibels, and a place to round numbers in; kept between calls.
    detector_frames : float
        Frames in which the detector gets over as many decibels as it is behind.
    slowest_rate : float
        The rate of the detector where the attenuation is less than 2 dB.
    meter_frames : float
        Frames in which the metered gain comes back by a factor of e.
    quantum : int
        Frames of a quantum.
    quiet : int
        For how many frames there was silence before.
    tail : float
        For how many frames of silence the gain goes on to follow them.

    Returns
    -------
    int
        For how many frames there has been silence at the end.
    """
    quanta: cython.Py_ssize_t = levels.shape[0] // quantum
    q: cython.Py_ssize_t
    c: cython.Py_ssize_t
    t: cython.Py_ssize_t
    n: cython.Py_ssize_t
    first: cython.Py_ssize_t
    last: cython.Py_ssize_t
    end: cython.Py_ssize_t
    side: cython.int
    cell: cython.int
    releasing: cython.bint
    decibels: cython.double
    nepers: cython.double
    attack: cython.double
    release: cython.double
    steepness: cython.double
    x: cython.double
    left: cython.double
    width: cython.double
    loss: cython.double
    rise: cython.double
    left_loss: cython.double = 1
    left_rise: cython.double = 0
    threshold: cython.float
    level: cython.float
    attenuation: cython.float
    rate: cython.float
    target: cython.float
    pace: cython.float
    lowest: cython.float
    one: cython.float
    half_pi: cython.float
    average: cython.float = state[0]
    gain: cython.float = state[1]
    # NB: read from the array they are float32s interpreted as well, and so is what they are in.
    state[4] = 1
    one = state[4]
    state[4] = 1.5707963267948966
    half_pi = state[4]
    loss = 1
    rise = 0
    with cython.nogil:
        for q in range(quanta):
            n = q * quantum
            end = n + quantum
            while n < end and levels[n] == 0:
                n += 1
            if n < end:
                quiet = 0
            elif quiet > tail:
                for n in range(q * quantum, end):
                    gains[n] = gain
                continue
            else:
                quiet += quantum
            c = q % shapes.shape[0]
            t = q % times.shape[0]
            threshold = shapes[c, 0]
            steepness = shapes[c, 1]
            attack = cython.cast(cython.double, times[t, 0])
            release = cython.cast(cython.double, times[t, 1])
            lowest = one
            for first in range(q * quantum, end, 32):
                last = min(first + 32, end)
                # AD-HOC: in the end the gain is bent by a sine, so that it sets in smoothly; what
                # it is compared with, and goes to, is unbent for that.
                state[4] = asin(cython.cast(cython.double, average))
                target = state[4] / half_pi
                releasing = target > gain
                decibels = 1
                if target > 0:
                    decibels = 8.685889638065037 * log(cython.cast(cython.double, gain / target))
                if releasing:
                    state[2] = -1
                    # From 0 for -12 dB and below, where the release is fastest, to 3 for 0 dB.
                    x = 0.25 * (max(-12.0, decibels) + 12)
                    rise = 0.05040951 + x * (0.01265542 + x * 0.0009463200)
                    x = 0.09 + x * (0.005988751 + x * rise)
                    # 5 dB in so many frames.
                    state[4] = exp(0.5756462732485114 / max(0.01, x * release))
                    pace = state[4]
                else:
                    # The rate is that of the farthest way in this attack.
                    state[4] = decibels
                    if state[2] < state[4]:
                        state[2] = state[4]
                    x = 0.25 / max(0.5, cython.cast(cython.double, state[2]))
                    state[4] = exp(log(x) / attack)
                    pace = one - state[4]
                for n in range(first, last):
                    level = levels[n]
                    attenuation = one
                    rate = slowest_rate
                    # By the text: "If the absolute value of input is less than 0.0001, let
                    # attenuation be 1.0. Else … shaped input divided by the absolute value".
                    if level >= threshold and level > 0.0001:
                        cell = (bits[n] >> 13) - 115712
                        if filled[cell] != versions[c]:
                            width = exp(0.6931471805599453 * ((cell >> 10) - 24))
                            left = width * (1024 + (cell & 1023))
                            for side in range(2):
                                left_loss = loss
                                left_rise = rise
                                x = left + side * width
                                # NB: a cell with a bend in it goes with what is right of the bend.
                                if left + width < shapes[c, 2]:
                                    loss = (1 - exp(steepness * (shapes[c, 0] - x))) / steepness
                                    loss = (shapes[c, 0] + loss) / x
                                else:
                                    loss = exp(shapes[c, 3] + shapes[c, 4] * log(x)) / x
                                # 2 dB are 0.23 nepers.
                                nepers = max(0.2302585092994046, -log(loss))
                                rise = exp(nepers / detector_frames) - 1
                            cells[cell, 1] = (loss - left_loss) / width
                            cells[cell, 0] = left_loss - (loss - left_loss) / width * left
                            cells[cell, 3] = (rise - left_rise) / width
                            cells[cell, 2] = left_rise - (rise - left_rise) / width * left
                            filled[cell] = versions[c]
                        attenuation = cells[cell, 0] + cells[cell, 1] * level
                        rate = cells[cell, 2] + cells[cell, 3] * level
                    # "Subtract detector average from attenuation, and multiply the result by
                    # detector rate. Add this new result to detector average. Clamp …" The rate is
                    # for a result above 0 alone.
                    if rate <= one and attenuation <= one:
                        # NB: the same; but the processor need not guess, nor wait for the clamp.
                        attenuation -= average
                        average = min(average + attenuation, average + attenuation * rate)
                    else:
                        attenuation -= average
                        if attenuation > 0:
                            attenuation *= rate
                        average = min(average + attenuation, one)
                    # Average and gain in one loop, since each waits only for its own last step.
                    if releasing:
                        # "… set compressor gain to be the product of compressor gain and envelope
                        # rate, clamped to a maximum of 1.0."
                        gain = min(gain * pace, one)
                    else:
                        # "Multiply gain increment by envelope rate, and add the result …"
                        gain += (target - gain) * pace
                    gains[n] = gain
                if gain < lowest:
                    lowest = gain
            x = sin(1.5707963267948966 * cython.cast(cython.double, lowest))
            decibels = 8.685889638065037 * log(x) if x > 0 else -1000
            x = cython.cast(cython.double, state[3])
            if decibels < x:
                state[3] = decibels
            else:
                state[3] = decibels + (x - decibels) * exp(-quantum / meter_frames)
        state[0] = average
        state[1] = gain
    return quiet
