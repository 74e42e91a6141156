"""A route in which a device takes part: it runs as fast as the device's time passes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from audiograph.context.live import AudioContext
from audiograph.media.device_source import DeviceSource
from audiograph.media.track import MediaStreamTrack
from audiograph.media.track_writer import TrackWriter
from audiograph.nodes.gain import GainNode
from audiograph.nodes.stream_destination import MediaStreamAudioDestinationNode
from audiograph.nodes.track_source import MediaStreamTrackAudioSourceNode, ended_at
from audiograph.portaudio import Device
from audiograph.routing.outputs import DeviceOutput, FileOutput, Output
from audiograph.sinks.descriptor import uninterrupted
from audiograph.sinks.device import DeviceSink

_POLL_SECONDS = 0.1


class LiveRoute:
    """Inputs, a gain and outputs on a running context.

    The first output device leads: its time is the context's. Without one it is the first input
    device's, and without any device the machine's.

    Parameters
    ----------
    tracks : sequence of MediaStreamTrack
        What is mixed.
    until : sequence of MediaStreamTrack
        Those of them with the last of which it ends.
    outputs : sequence of Output
        Where the mix goes.
    sample_rate : int
        Frames per second of the context, of files and of pipes.
    channels : int
        Channels of files and pipes.
    gain : float
        The mix is scaled by it.
    latency : float
        Seconds to ask of the devices.
    frames : int or None
        When to end at the latest; None is with the tracks, or when asked to.
    """

    def __init__(
        self,
        tracks: Sequence[MediaStreamTrack],
        outputs: Sequence[Output],
        *,
        until: Sequence[MediaStreamTrack],
        sample_rate: int,
        channels: int,
        gain: float,
        latency: float,
        frames: int | None,
    ) -> None:
        self._tracks = tracks
        self._until = until
        self._frames = frames
        self._done = threading.Event()
        self._error: Exception | None = None
        speakers = [output.device for output in outputs if isinstance(output, DeviceOutput)]
        clock = None if speakers else _first_device(tracks)
        self.context = AudioContext.suspended(
            sink_id=speakers[0].id if speakers else {"type": "none"},
            sample_rate=sample_rate,
            latency_hint=latency,
        )
        if clock is not None:
            self.context.follow(clock)
        self.context.add_event_listener("error", self._hear_error)
        self._nodes = {
            track: MediaStreamTrackAudioSourceNode(self.context, media_stream_track=track)
            for track in tracks
        }
        self._mix = GainNode(self.context, gain=gain)
        self._mix.connect(self.context.destination)
        for node in self._nodes.values():
            node.connect(self._mix)
        if frames is not None:
            # What is heard ends on the frame, although the devices stop a moment later.
            self._mix.gain.set_value_at_time(0.0, frames / sample_rate)
        for track in tracks:
            track.add_event_listener("ended", self._hear_end)
        self._writers: list[TrackWriter] = []
        self._kept: list[MediaStreamAudioDestinationNode] = []
        self._players = [self._play_beside(device, latency) for device in speakers[1:]]
        try:
            for output in outputs:
                if isinstance(output, FileOutput):
                    self._write(output, sample_rate, channels)
        except BaseException:
            self.close()
            raise

    def run(self, on_progress: Callable[[float], None], stop: Callable[[], bool]) -> None:
        """Run until what has an end has ended, the time is over, or `stop()`.

        `on_progress(seconds)` is called now and then. Raises what a device, a track or a sink
        failed with; `close` is due after all of them.
        """
        for track in self._tracks:
            track._source.prefill(stop)
        if stop():
            return
        for writer in self._writers:
            writer.start()
        self.context.resume()
        while not (self._done.wait(_POLL_SECONDS) or stop()):
            on_progress(self.context.current_time)
            if self._is_over():
                break
        self._raise_error()

    @property
    def seconds(self) -> float:
        """How long it has been recorded, or, without a recording, played."""
        if self._writers:
            return max(w.written / w.sample_rate for w in self._writers)
        return self.context.current_time

    def close(self) -> None:
        """Stop, and complete every recording. Raises what a sink failed with."""
        # NB: files first: letting go of a device that no longer answers takes its time.
        for writer in self._writers:
            writer.finish()
        closing = threading.Thread(target=self._let_go, name="lets devices go", daemon=True)
        closing.start()
        # When one device has failed the others may hang too; the process's end waits for them.
        closing.join(None if self._error is None else _POLL_SECONDS)
        for writer in self._writers:
            if writer.error is not None:
                raise writer.error

    def _let_go(self) -> None:
        self.context.close()
        for player in self._players:
            player.close()
        for track in self._tracks:
            track.stop()

    def _end(self) -> int | None:
        """Return the frame with which it ends, None while that is not known."""
        ends = [ended_at(self._nodes[track]) for track in self._until]
        known = [end for end in ends if end is not None]
        if len(known) < len(ends):
            return self._frames
        return max(known) if self._frames is None else min(max(known), self._frames)

    def _is_over(self) -> bool:
        if self._writers and all(writer.done for writer in self._writers):
            return True
        if self._frames is not None and not self._writers:
            return self.context._renderer.frame >= self._frames
        return False

    def _raise_error(self) -> None:
        for writer in self._writers:
            self._error = self._error or writer.error
        for track in self._tracks:
            self._error = self._error or track._source.error
        if self._error is not None:
            raise self._error

    def _write(self, output: FileOutput, sample_rate: int, channels: int) -> None:
        node = MediaStreamAudioDestinationNode(
            self.context, channel_count=channels, channel_count_mode="explicit"
        )
        self._mix.connect(node)
        self._kept.append(node)
        (track,) = node.stream.get_audio_tracks()
        with uninterrupted():
            sink = output.open(sample_rate=sample_rate, channels=channels, recording=True)
            self._writers.append(
                TrackWriter(track, sink, frames=self._end, on_done=self._check_writers)
            )

    def _play_beside(self, device: Device, latency: float) -> _Player:
        """Play the mix on one more device, which keeps time by its own clock."""
        channels = min(device.channels, self.context.destination.channel_count)
        node = MediaStreamAudioDestinationNode(
            self.context, channel_count=channels, channel_count_mode="explicit"
        )
        self._mix.connect(node)
        sink = DeviceSink(
            device,
            sample_rate=round(self.context.sample_rate),
            channels=channels,
            latency=latency,
            on_fault=self._fault,
        )
        (track,) = node.stream.get_audio_tracks()
        self._kept.append(node)
        return _Player(track, sink)

    def _fault(self, error: Exception) -> None:
        self._error = self._error or error
        self._done.set()

    def _check_writers(self) -> None:
        if any(writer.error is not None for writer in self._writers):
            self._done.set()

    def _hear_error(self, event: object) -> None:
        self._error = getattr(event, "error", None)
        self._done.set()

    def _hear_end(self, event: object) -> None:
        if any(track._source.error is not None for track in self._tracks):
            self._done.set()
        if all(track.ready_state == "ended" for track in self._until):
            self._done.set()


class _Player:
    """A second output device: fed with what a node of the context delivers."""

    def __init__(self, track: MediaStreamTrack, sink: DeviceSink) -> None:
        self._track = track
        self._sink = sink
        track._source.feed(sink.write)

    def close(self) -> None:
        self._track.stop()
        self._sink.close()


def _first_device(tracks: Sequence[MediaStreamTrack]) -> DeviceSource | None:
    sources = (track._source for track in tracks)
    return next((source for source in sources if isinstance(source, DeviceSource)), None)
