"""What may be logged of an exception: its type and where it was raised; never values, which may be a caller's words."""

import traceback


def place_of(error: BaseException) -> dict[str, str]:
    """Type and the innermost places, outermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " > ".join(f"{frame.filename.rpartition('/ivr/')[2]}:{frame.lineno} {frame.name}" for frame in frames)
    return {"error": type(error).__name__, "at": places}
