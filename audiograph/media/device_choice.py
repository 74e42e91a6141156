"""Which input device constraints ask for, and which settings of it.

https://w3c.github.io/mediacapture-main/#dom-mediadevices-getusermedia
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from audiograph.errors import NotFoundError, OverconstrainedError
from audiograph.media.constraints import MediaTrackConstraints
from audiograph.media.device_source import (
    DEFAULT_LATENCY_SECONDS,
    MOST_DEFAULT_CHANNELS,
    capabilities_of,
    ids_of,
)
from audiograph.media.selection import (
    Possible,
    Selection,
    failed_constraint,
    numbers_named,
    required,
    select_settings,
)
from audiograph.portaudio import Device

RatesOf = Callable[[Device], Sequence[float]]

MOST_LISTED = 12
"""An error names no more values than a person wants to read."""


def choose_device(
    devices: Iterable[Device], constraints: MediaTrackConstraints, rates_of: RatesOf
) -> tuple[Device, Selection]:
    """Return the input device that fits best, the default one where several do, and its settings.

    `rates_of(device)` tells the rates that it takes besides its own; it is asked as rarely as can
    be, since a device must be opened to find out.

    Raises
    ------
    NotFoundError
        Without any input device.
    OverconstrainedError
        When no device can meet the required constraints.
    """
    inputs = [device for device in devices if device.kind == "audioinput"]
    # By the text: "If candidateSet is the empty set, jump to the step labeled NotFound Failure."
    if not inputs:
        raise NotFoundError("there is no microphone: plug one in, or start the sound server")
    inputs.sort(key=lambda device: not device.is_default)
    rates_of = cache(rates_of)
    # As good as each could be if it took every rate that the constraints name.
    wishes = numbers_named(constraints, "sample_rate")
    hopes = sorted(
        (hope, order)
        for order, device in enumerate(inputs)
        if (hope := select_settings(possible_settings(device, constraints, wishes), constraints))
    )
    best: tuple[Selection, int] | None = None
    for hope, order in hopes:
        if best is not None and best < (hope, order):
            break
        device = inputs[order]
        found: Selection | None = hope
        if hope.settings["sample_rate"] != round(device.default_sample_rate):
            possible = possible_settings(device, constraints, rates_of(device))
            found = select_settings(possible, constraints)
        if found is not None and (best is None or (found, order) < best):
            best = found, order
    if best is None:
        raise _refusal(inputs, [inputs[order] for _, order in hopes], constraints, rates_of)
    selection, order = best
    return inputs[order], selection


def possible_settings(
    device: Device, constraints: MediaTrackConstraints, rates: Iterable[float]
) -> Possible:
    """Return what the settings of `device` could be.

    Of the latencies, which are a whole range, it holds those that `constraints` may select.
    """
    capabilities = capabilities_of(device)
    channels, latency = capabilities["channel_count"], capabilities["latency"]
    latencies = {*latency.values(), DEFAULT_LATENCY_SECONDS, *numbers_named(constraints, "latency")}
    own_rate = round(device.default_sample_rate)
    return {
        "device_id": ids_of(device),
        "group_id": [device.group_id],
        "sample_rate": _near(own_rate, {own_rate, *rates}),
        "channel_count": _near(MOST_DEFAULT_CHANNELS, range(channels.min, channels.max + 1)),
        "latency": _near(
            DEFAULT_LATENCY_SECONDS,
            (each for each in latencies if latency.min <= each <= latency.max),
        ),
        "sample_size": [capabilities["sample_size"]["min"]],
        "echo_cancellation": capabilities["echo_cancellation"],
        "auto_gain_control": capabilities["auto_gain_control"],
        "noise_suppression": capabilities["noise_suppression"],
    }


def _near(usual: float, values: Iterable[float]) -> list[float]:
    """Return the values, the nearest to the usual one first."""
    return sorted(values, key=lambda value: (abs(value - usual), value))


def _refusal(
    inputs: Sequence[Device],
    hopeful: Sequence[Device],
    constraints: MediaTrackConstraints,
    rates_of: RatesOf,
) -> OverconstrainedError:
    """Return the error for constraints that none of `inputs` meets; other rates help `hopeful`."""
    if hopeful:
        examined = [possible_settings(each, constraints, rates_of(each)) for each in hopeful]
    else:
        wishes = numbers_named(constraints, "sample_rate")
        examined = [possible_settings(each, constraints, wishes) for each in inputs]
        # What other devices can do says nothing about one that was asked for by its id.
        ids = MediaTrackConstraints(device_id=constraints.device_id, group_id=constraints.group_id)
        asked = [each for each in examined if select_settings(each, ids)]
        examined, constraints = (asked, constraints) if asked else (examined, ids)
    name = failed_constraint(examined, constraints)
    if not name:
        return OverconstrainedError("", "no microphone meets the required constraints all at once")
    asked_for = f"{name} {required(constraints[name])}"
    if name == "sample_rate" and not hopeful:
        return OverconstrainedError(name, f"no number is a {asked_for}")
    values = {value for possible in examined for value in possible[name] if value != ""}
    return OverconstrainedError(
        name,
        f"no microphone has the required {asked_for}: there is {_listed(sorted(values))}",
    )


def _listed(values: Sequence[Any]) -> str:
    # Seconds are a whole range.
    if len(values) > MOST_LISTED or isinstance(values[0], float):
        return f"{values[0]} … {values[-1]}"
    return ", ".join(map(str, values))
