"""Requests to TensorFlow Serving's REST interface, answered as it does, without a server.

After `tensorflow_serving/util/json_tensor.cc`: how a JSON body becomes the tensors of a signature,
and how outputs become JSON. Imports TensorFlow only: it runs beside an exported model.
"""

import json

import numpy as np
import tensorflow as tf


class RequestError(ValueError):
    """What Serving answers with status 400."""


def predict(model, body):
    """Returns the answer to `POST /v1/models/NAME:predict` with this body, as JSON."""
    request = json.loads(body)
    signature = model.signatures[request.get("signature_name", "serving_default")]
    specs = signature.structured_input_signature[1]
    if ("instances" in request) == ("inputs" in request):
        raise RequestError("one of instances and inputs")
    if "inputs" in request:
        named = _columns(request["inputs"], specs)
    else:
        named = _rows(request["instances"], specs)
    outputs = signature(**{name: _tensor(value, specs[name]) for name, value in named.items()})
    shown = {name: _shown(value.numpy()) for name, value in outputs.items()}
    if "inputs" in request:
        return json.dumps({"outputs": shown})
    if {len(value) for value in shown.values()} != {len(request["instances"])}:
        raise RequestError("outputs of the row format have the instances' number of rows")
    rows = [dict(zip(shown, row, strict=True)) for row in zip(*shown.values(), strict=True)]
    return json.dumps({"predictions": rows})


def _columns(inputs, specs):
    if not isinstance(inputs, dict):
        if len(specs) > 1:
            raise RequestError("inputs is a plain value, but the signature has several")
        return {next(iter(specs)): inputs}
    if missing := [name for name in specs if name not in inputs]:  # defaults are not used
        raise RequestError(f"Missing named input: {missing[0]}")
    return {name: inputs[name] for name in specs}


def _rows(instances, specs):
    if not isinstance(instances, list) or not instances:
        raise RequestError("instances is not a list with values")
    if not isinstance(instances[0], dict):
        if len(specs) > 1:
            raise RequestError("instances is a plain list, but the signature has several inputs")
        return {next(iter(specs)): instances}
    if any(set(row) != set(specs) for row in instances):
        raise RequestError(f"keys must be equal to: {', '.join(sorted(specs))}")
    return {name: [row[name] for row in instances] for name in specs}


def _tensor(value, spec):
    kinds = {tf.float32: (int, float), tf.int32: (int,), tf.string: (str,), tf.bool: (bool,)}
    flat = [value]
    while flat and isinstance(flat[0], list):
        flat = [each for part in flat for each in part]
    for each in flat:  # a JSON number is no boolean, and a decimal no whole number
        if not isinstance(each, kinds[spec.dtype]) or (
            isinstance(each, bool) and spec.dtype != tf.bool
        ):
            raise RequestError(f"{each!r} is not of expected type: {spec.dtype.name}")
    tensor = tf.constant(value, spec.dtype)
    if not spec.shape.is_compatible_with(tensor.shape):
        raise RequestError(f"shape {tensor.shape} instead of {spec.shape}")
    return tensor


def _shown(value):
    if value.dtype == object:
        return np.vectorize(bytes.decode, otypes=[object])(value).tolist() if value.size else []
    return value.tolist()
