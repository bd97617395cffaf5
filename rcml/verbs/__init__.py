"""The verbs, one file each. A file placed here is found and registered; nothing else lists it."""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)
