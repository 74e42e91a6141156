"""Routes: inputs, a gain, outputs; rendered offline where time does not matter, else live.

- ``inputs``    what sound comes from, as streams of one track each
- ``outputs``   where it goes to: devices, files, pipes
- ``offline``   as fast as the machine can
- ``live``      as fast as a device's time passes
"""
