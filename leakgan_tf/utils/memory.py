"""What a finished run held goes back to the system, not only to this process."""

import ctypes
import gc


def give_back() -> None:
    """Frees objects that refer to each other, and lets the C library return its free pages.

    A trained system's graphs are such objects, made of millions of small pieces: glibc keeps the
    pages that they were on (75 to 110 MB after a LeakGAN run at smoke size, of 840) unless it is
    asked. It takes less than a second, once a run. Where the C library has no ``malloc_trim`` only
    the objects are freed.
    """
    gc.collect()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # not glibc
        return
    trim(0)
