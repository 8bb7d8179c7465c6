"""V-MNet: vessels, findings and their explanation from colour fundus photographs.

Research and teaching, not a medical device. The engine is the WebAssembly module that the project's page loads, in
wasmtime; nothing leaves the machine.

    import vmnet

    s = vmnet.screen("photo.jpg")
    print(s.answer, s.report["decision"]["reasons"], s.vessels.shape, s.heatmaps["glaucoma"].max())
"""

from .errors import VmnetError
from .many import Item, screen_many
from .model import Model, Screening, screen

__all__ = ["Item", "Model", "Screening", "VmnetError", "screen", "screen_many"]
