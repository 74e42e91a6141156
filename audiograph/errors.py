"""The errors that audiograph raises, drawn as a tree.

- ``DOMException``: what a Web API throws; ``.name`` tells which, each name is a class

  - ``AbortError``            the operation was broken off
  - ``DataCloneError``        a message cannot be copied
  - ``EncodingError``         audio data that no decoder takes
  - ``IndexSizeError``        an index or size outside what there is
  - ``InvalidAccessError``    the object belongs to another context, or is not connected
  - ``InvalidModificationError``  a running object cannot be changed like this
  - ``InvalidStateError``     the object is in a state that does not allow it
  - ``NotAllowedError``       the system refuses permission
  - ``NotFoundError``         no such device or track
  - ``NotReadableError``      a device or file that is there does not deliver
  - ``NotSupportedError``     a value or operation that is not offered
  - ``OperationError``        the operation failed for a reason of its own
  - ``OverconstrainedError``  no device meets a required constraint (``.constraint``)
  - ``SecurityError``         forbidden for safety
  - ``UnknownError``          a failure without a better name

A JavaScript ``TypeError`` is ``TypeError``, a ``RangeError`` is ``ValueError``.
https://webidl.spec.whatwg.org/#idl-DOMException
"""

from __future__ import annotations


class DOMException(Exception):
    """An error of a Web API; `name` says which.

    https://webidl.spec.whatwg.org/#idl-DOMException
    """

    def __init__(self, message: str = "", name: str | None = None) -> None:
        super().__init__(message)
        self._message = message
        self._name = name

    @property
    def name(self) -> str:
        """Which error it is: "NotFoundError", "InvalidStateError", …; the name of the class.

        https://webidl.spec.whatwg.org/#dom-domexception-name
        """
        if self._name is not None:
            return self._name
        return "Error" if type(self) is DOMException else type(self).__name__

    @property
    def message(self) -> str:
        """What is wrong, in words.

        https://webidl.spec.whatwg.org/#dom-domexception-message
        """
        return self._message


class AbortError(DOMException):
    """The operation was broken off before it was complete."""


class DataCloneError(DOMException):
    """A message holds something that cannot be copied."""


class EncodingError(DOMException):
    """The audio data is in no format that can be decoded."""


class IndexSizeError(DOMException):
    """An index or a size is outside the allowed range."""


class InvalidAccessError(DOMException):
    """The object belongs to another context, or is not connected."""


class InvalidModificationError(DOMException):
    """The object cannot be modified in this way."""


class InvalidStateError(DOMException):
    """The object is in a state that does not allow the operation."""


class NotAllowedError(DOMException):
    """The system or the user refuses permission."""


class NotFoundError(DOMException):
    """No such device, track or object."""


class NotReadableError(DOMException):
    """A device or a file is there but does not deliver."""


class NotSupportedError(DOMException):
    """The value or the operation is not supported."""


class OperationError(DOMException):
    """The operation failed for a reason of its own."""


class OverconstrainedError(DOMException):
    """No device meets the required constraint named by `constraint`.

    https://w3c.github.io/mediacapture-main/#overconstrainederror-interface
    """

    def __init__(self, constraint: str, message: str = "") -> None:
        super().__init__(message)
        self._constraint = constraint

    @property
    def constraint(self) -> str:
        """The constraint: "sample_rate", "device_id", ….

        https://w3c.github.io/mediacapture-main/#dom-overconstrainederror-constraint
        """
        return self._constraint


class SecurityError(DOMException):
    """The operation is forbidden for safety."""


class UnknownError(DOMException):
    """A failure without a better name."""
