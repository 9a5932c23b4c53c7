# What an interpreter is, as one JSON object. It fails where a package is missing.
import json
import platform
import sys
import sysconfig

import aiohttp
import numpy
import requests

try:
    blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    blas = " ".join(str(blas[k]) for k in ("name", "version") if k in blas)
except (AttributeError, KeyError, TypeError):
    blas = ""

print(json.dumps({
    "Path": sys.executable,
    "Implementation": platform.python_implementation(),
    "Version": platform.python_version(),
    "FreeThreaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "GIL": getattr(sys, "_is_gil_enabled", lambda: True)(),
    "Numpy": numpy.__version__,
    "Requests": requests.__version__,
    "Aiohttp": aiohttp.__version__,
    "BLAS": blas,
}))
