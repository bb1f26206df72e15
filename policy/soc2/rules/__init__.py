"""The rules, a module for each kind of control. Importing this package registers them all in `soc2.rule.RULES`."""

import importlib
import pkgutil

for _module in sorted(found.name for found in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
