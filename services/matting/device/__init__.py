"""The default solver on torch, for a GPU: the same steps on tensors, several photos at once.

torch is optional (extra `gpu`) and imported only when a device is asked for. On a CPU the compiled solver of `field`
is several times faster; torch on the CPU serves tests.
"""

from services.matting.device.available import DEVICES, HOST, checked, solve_many, solve_on

__all__ = ["DEVICES", "HOST", "checked", "solve_many", "solve_on"]
