"""Functions of the host that take or return bytes, straight over wasmtime's C API.

The public API of the package makes a Python object of each byte, and it cannot return the error of a
``result<option<u64>, E>``: it takes the error for the option. So this file, alone, uses the package's private bindings.
"""

import ctypes
from ctypes import addressof, byref, c_ubyte, sizeof

from wasmtime import _ffi as ffi

from ._core import MmapError

_VALUE = sizeof(ffi.wasmtime_component_val_t)
_CONTENT = ffi.wasmtime_component_val_t.of.offset

_functions = {}
_last = 0


def add(instance, name, function):
    """Defines ``function(*arguments)``, which gets numbers, bytes, and the number of a host resource for a borrow.

    It returns what is in the ``ok`` of the result, None or a value of this file, or raises MmapError: the ``err``.
    """
    global _last
    _last += 1
    _functions[_last] = function
    encoded = name.encode()
    error = ffi.wasmtime_component_linker_instance_add_func(
        instance.ptr(), ctypes.create_string_buffer(encoded), len(encoded), _call, _last, _forget
    )
    if error:
        raise RuntimeError(_take_message(error))


@ffi.wasmtime_component_func_callback_t
def _call(index, context, _type, arguments, count, results, _result_count):
    result = results[0]
    try:
        try:
            value = _functions[index](*(_take(context, arguments[at]) for at in range(count)))
        except MmapError as error:
            _put_result(result, False, _enumeration(error.code))
        else:
            _put_result(result, True, value)
        return 0
    except Exception as error:  # It must not pass through wasmtime: it is a trap.
        message = f"{type(error).__name__}: {error}".encode()
        return ctypes.cast(ffi.wasmtime_error_new(message), ctypes.c_void_p).value


@ctypes.CFUNCTYPE(None, ctypes.c_void_p)
def _forget(index):
    _functions.pop(index, None)


def _take(context, value):
    kind = value.kind
    if kind == ffi.WASMTIME_COMPONENT_U64.value:
        return value.of.u64
    if kind == ffi.WASMTIME_COMPONENT_LIST.value:
        return _bytes_of(value.of.list)
    if kind == ffi.WASMTIME_COMPONENT_RESOURCE.value:
        return _number_of(context, value.of.resource)
    raise TypeError(f"a value of kind {kind}")


def _bytes_of(values):
    if values.size == 0:
        return b""
    raw = (c_ubyte * (values.size * _VALUE)).from_address(addressof(values.data.contents))
    return memoryview(raw)[_CONTENT::_VALUE].tobytes()


def _number_of(context, resource):
    """The number of a borrowed resource of the host. It ends the borrow."""
    host = ctypes.POINTER(ffi.wasmtime_component_resource_host_t)()
    error = ffi.wasmtime_component_resource_any_to_host(context, resource, byref(host))
    if error:
        raise RuntimeError(_take_message(error))
    number = ffi.wasmtime_component_resource_host_rep(host)
    ffi.wasmtime_component_resource_host_delete(host)
    return number


def _put_result(target, is_ok, content):
    target.kind = ffi.WASMTIME_COMPONENT_RESULT
    target.of.result.is_ok = is_ok
    target.of.result.val = None if content is None else ffi.wasmtime_component_val_new(byref(content))


def _value(kind):
    value = ffi.wasmtime_component_val_t()
    value.kind = kind
    return value


def _enumeration(name):
    value = _value(ffi.WASMTIME_COMPONENT_ENUM)
    value.of.enumeration = ffi.str_to_capi(name)
    return value


def option(number):
    """``some(number)``, or ``none`` for None."""
    value = _value(ffi.WASMTIME_COMPONENT_OPTION)
    if number is not None:
        some = _value(ffi.WASMTIME_COMPONENT_U64)
        some.of.u64 = number
        value.of.option = ffi.wasmtime_component_val_new(byref(some))
    return value


def byte_list(data):
    """``list<u8>`` of an object with bytes."""
    view = memoryview(data).cast("B")
    value = _value(ffi.WASMTIME_COMPONENT_LIST)
    ffi.wasmtime_component_vallist_new_uninit(byref(value.of.list), len(view))
    if len(view) > 0:
        raw = (c_ubyte * (len(view) * _VALUE)).from_address(addressof(value.of.list.data.contents))
        values = memoryview(raw).cast("B")
        values[0::_VALUE] = ffi.WASMTIME_COMPONENT_U8.value.to_bytes(1, "little") * len(view)
        values[_CONTENT::_VALUE] = view
    return value


def _take_message(error):
    message = ffi.wasm_byte_vec_t()
    ffi.wasmtime_error_message(error, byref(message))
    text = ffi.to_str(message)
    ffi.wasm_byte_vec_delete(byref(message))
    ffi.wasmtime_error_delete(error)
    return text
