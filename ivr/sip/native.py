"""The few functions of pjsip that pjsua2 does not wrap, called in the extension itself. pjsua2 thread only."""

import ctypes
import importlib
from functools import cache


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(importlib.import_module("_pjsua2").__file__)
    library.pjsip_tsx_get_dlg.restype = ctypes.c_void_p
    library.pjsip_tsx_get_dlg.argtypes = [ctypes.c_void_p]
    library.pjsip_dlg_respond.restype = ctypes.c_int
    library.pjsip_dlg_respond.argtypes = [
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p,
    ]  # fmt: skip
    return library


def respond(transaction: int, request: int, status: int) -> bool:
    """Answer a request inside a dialog: addresses of the pjsip_transaction and its pjsip_rx_data (SipTransaction.
    pjTransaction, SipRxData.pjRxData). pjsua leaves INFO with other bodies than dtmf-relay to answer 500."""
    library = _library()
    dialog = library.pjsip_tsx_get_dlg(transaction)
    return bool(dialog) and library.pjsip_dlg_respond(dialog, request, status, None, None, None) == 0


def file_descriptor(handle: int) -> int:
    """pjsua2's `libGetSipIoqueueHandle` gives the address of the epoll descriptor on Linux."""
    return ctypes.c_int.from_address(handle).value


def quiet() -> None:
    """No lines of pjlib on standard output before our log writer is in place."""
    _library().pj_log_set_level(0)


def answer_options(status: int, free_calls: int, retry_after_s: int) -> None:
    """How pjsua answers OPTIONS from now on; `free_calls` -1 and `retry_after_s` 0 leave out their header."""
    _library().pjsua_set_options_answer(status, free_calls, retry_after_s)
