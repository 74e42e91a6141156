# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# ruff: noqa: F821 - Cython's arrays are there without a value
"""Interpolation, compiled; `interpolation` has the same as array expressions.

Pure Python with Cython's types, as `audiograph.render.kernels` is, but too slow without them.
"""

import cython

if not cython.compiled:
    raise ImportError("this is to be compiled")


def interpolate_into(
    samples: cython.const[cython.float][:, ::1],
    positions: cython.const[cython.double][::1],
    table: cython.const[cython.float][:, ::1],
    out: cython.float[:, ::1],
) -> None:
    """Fill `out`, shape (channels, frames), with `samples` at `positions`, shape (frames,).

    `table` has the 64 taps for each phase, and one phase more.
    """
    channels: cython.Py_ssize_t = samples.shape[0]
    phases: cython.Py_ssize_t = table.shape[0] - 1
    row: cython.Py_ssize_t
    first: cython.Py_ssize_t
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    c: cython.Py_ssize_t
    phase: cython.double
    part: cython.float
    taps: cython.float[64]
    sums: cython.float[16]
    with cython.nogil:
        for i in range(positions.shape[0]):
            first = cython.cast(cython.Py_ssize_t, positions[i])
            phase = (positions[i] - first) * phases
            row = cython.cast(cython.Py_ssize_t, phase)
            part = cython.cast(cython.float, phase - row)
            for j in range(64):
                taps[j] = (table[row + 1, j] - table[row, j]) * part + table[row, j]
            first -= 31
            for c in range(channels):
                # NB: each loop is over what lies side by side, and so many at once.
                for j in range(16):
                    sums[j] = (
                        taps[j] * samples[c, first + j]
                        + taps[j + 16] * samples[c, first + j + 16]
                    ) + (
                        taps[j + 32] * samples[c, first + j + 32]
                        + taps[j + 48] * samples[c, first + j + 48]
                    )  # fmt: skip
                for j in range(4):
                    sums[j] = (sums[j] + sums[j + 4]) + (sums[j + 8] + sums[j + 12])
                out[c, i] = (sums[0] + sums[1]) + (sums[2] + sums[3])
