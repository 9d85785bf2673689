"""Returns the memory of a finished run to the operating system."""

import ctypes
import gc


def give_back() -> None:
    """Collects reference cycles and makes the C library return its free pages.

    The graphs of a trained system are such cycles of millions of small objects. Without a call of
    ``malloc_trim`` glibc keeps their pages: 75 to 110 of 840 MB after a LeakGAN run at smoke size.
    The call takes less than a second, once a run. Other C libraries only free the objects.
    """
    gc.collect()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # not glibc
        return
    trim(0)
