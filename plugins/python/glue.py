"""What stands between the plugin and a user's class. Runs inside the worker; the plugin calls Model alone.

A class is taken as it is: one with `from_pretrained` is made by it (diffusers), any other by its constructor. It draws
with `generate`, or by being called. Which keywords it gets of these follows from its signature: `seeds` (a list of ints),
`generator` (a list of torch generators, seeded), `progress` (a function of a step and the number of steps) and `cancelled`
(a function without arguments). It returns one picture per prompt: in a list, or as `images` of an object.
"""

import base64
import importlib
import importlib.util
import inspect
import json
import pathlib
import random
import site
import sys
import traceback

SPECIAL = ("seeds", "generator", "progress", "cancelled")


def use_environment(folder):
    """Adds the packages of a virtual environment that was made by the same version of Python."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = pathlib.Path(folder) / "lib" / version / "site-packages"
    if not packages.is_dir():
        raise ValueError(f"{folder} has no packages for {version}, with which the plugin runs: make it with that one")
    site.addsitedir(str(packages))
    # What the user installed comes before what the system has.
    sys.path.sort(key=lambda path: not path.startswith(str(packages)))


def import_from(file, module):
    if module:
        return importlib.import_module(module)
    sys.path.insert(0, str(pathlib.Path(file).parent))
    spec = importlib.util.spec_from_file_location(pathlib.Path(file).stem, file)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def keywords_of(function):
    """The names that it takes, and whether it takes any other."""
    parameters = inspect.signature(function).parameters.values()
    named = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    return named, any(p.kind is p.VAR_KEYWORD for p in parameters)


def without_words(value):
    """Numbers of torch types that a constructor was given as text."""
    if isinstance(value, str) and value.startswith("torch.") and "torch" in sys.modules:
        return getattr(sys.modules["torch"], value[len("torch."):], value)
    return value


class Model:
    def __init__(self, file, module, name, model, device, kwargs_json):
        cls = import_from(file, module)
        for part in name.split("."):
            if not hasattr(cls, part):
                raise ValueError(f"{module or file} has no '{part}'")
            cls = getattr(cls, part)
        kwargs = {key: without_words(value) for key, value in json.loads(kwargs_json or "{}").items()}
        make = getattr(cls, "from_pretrained", cls)
        self.drawer = make(*([model] if model else []), **kwargs)
        if device and hasattr(self.drawer, "to"):
            self.drawer = self.drawer.to(device)
        if hasattr(self.drawer, "load"):
            self.drawer.load()
        self.draw = getattr(self.drawer, "generate", self.drawer)
        if not callable(self.draw):
            raise TypeError(f"{name} has no generate(prompts, **kwargs) and cannot be called")
        self.named, self.takes_any = keywords_of(self.draw)
        if hasattr(self.drawer, "set_progress_bar_config"):
            self.drawer.set_progress_bar_config(disable=True)

    def unload(self):
        if hasattr(self.drawer, "unload"):
            self.drawer.unload()
        self.drawer = self.draw = None

    def seeded(self):
        """Whether it can draw several pictures at once, each from its seed."""
        return "seeds" in self.named or "generator" in self.named

    def generate(self, prompts, seeds, given, kwargs_json, progress, cancelled):
        """One picture per prompt and seed: tuples of kind, bytes, width, height, channels and JSON of more columns."""
        kwargs = {name: opened(value) for name, value in {**given, **json.loads(kwargs_json or "{}")}.items()}
        self.refuse_unknown(kwargs)
        if self.seeded():
            return self.call(prompts, seeds, kwargs, progress, cancelled)
        return [self.call([prompt], [seed], kwargs, progress, cancelled)[0] for prompt, seed in zip(prompts, seeds)]

    def call(self, prompts, seeds, kwargs, progress, cancelled):
        returned = self.draw(list(prompts), **kwargs, **self.special(seeds, progress, cancelled))
        flagged = getattr(returned, "nsfw_content_detected", None) or [False] * len(prompts)
        pictures = getattr(returned, "images", returned)
        if not isinstance(pictures, (list, tuple)) or len(pictures) != len(prompts):
            raise TypeError(f"one picture for each of {len(prompts)} prompts is wanted, in a list; what came is "
                            f"{type(pictures).__name__} of {len(pictures) if hasattr(pictures, '__len__') else 'no'} entries")
        return [("filtered", b"", 0, 0, 0, "{}") if bad else packed(picture) for picture, bad in zip(pictures, flagged)]

    def refuse_unknown(self, kwargs):
        for name in kwargs:
            if name not in self.named and not self.takes_any:
                raise ValueError(f"its function takes no '{name}': it has {', '.join(sorted(self.named))}")

    def special(self, seeds, progress, cancelled):
        values = {"seeds": list(seeds), "progress": progress, "cancelled": cancelled}
        if "generator" in self.named:
            import torch
            values["generator"] = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        if not self.seeded():
            seed_everything(seeds[0])
        return {name: values[name] for name in SPECIAL if name in self.named and name in values}


def opened(value):
    """A picture as PIL has it, where there is PIL."""
    if not isinstance(value, bytes):
        return value
    try:
        import io
        import PIL.Image
        return PIL.Image.open(io.BytesIO(value))
    except ImportError:
        return value


def seed_everything(seed):
    """For functions that take no seed; those libraries that are there."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def packed(picture):
    """A picture of any of the usual kinds, as its bytes."""
    columns = {}
    if isinstance(picture, dict):
        columns = {key: value for key, value in picture.items() if key not in ("image", "data", "width", "height", "channels")}
        picture = picture.get("image", picture)
    more = json.dumps(columns, default=str)
    if isinstance(picture, dict):
        return ("u8", bytes(picture["data"]), int(picture["width"]), int(picture["height"]),
                int(picture.get("channels", 3)), more)
    if isinstance(picture, str):
        picture = base64.b64decode(picture.partition(",")[2] if picture.startswith("data:") else picture, validate=True)
    if isinstance(picture, (bytes, bytearray)):
        return "encoded", bytes(picture), 0, 0, 0, more
    if hasattr(picture, "convert"):  # PIL
        picture = picture if picture.mode in ("L", "RGB", "RGBA") else picture.convert("RGB")
        return "u8", picture.tobytes(), picture.width, picture.height, len(picture.getbands()), more
    if hasattr(picture, "detach"):  # torch: channels first
        picture = picture.detach().float().cpu().numpy()
        picture = picture.transpose(1, 2, 0) if picture.ndim == 3 and picture.shape[0] in (1, 3, 4) else picture
    if hasattr(picture, "__array_interface__"):
        return packed_array(picture, more)
    raise TypeError(f"a picture is a PIL image, an array, encoded bytes, base64 or a dictionary, not {type(picture).__name__}")


def packed_array(array, more):
    import numpy
    array = array[:, :, None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise TypeError(f"an array has the shape (height, width, 1, 3 or 4), not {array.shape}")
    kind = "u8" if array.dtype == numpy.uint8 else "f32"
    array = numpy.ascontiguousarray(array, dtype=numpy.uint8 if kind == "u8" else numpy.float32)
    return kind, array.tobytes(), array.shape[1], array.shape[0], array.shape[2], more


def kind_of(error):
    """What an exception means for the host: a status of the SDK."""
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & {"MemoryError", "OutOfMemoryError"} or "out of memory" in str(error):
        return "resource_exhausted"
    if names & {"TimeoutError", "ConnectionError"}:
        return "unavailable"
    if names & {"ModuleNotFoundError", "FileNotFoundError"}:
        return "not_found"
    if names & {"ValueError", "TypeError", "ImportError"}:
        return "invalid_argument"
    return "internal"


def words_of(error):
    """The exception and the last line of the user's code that it came through."""
    text = f"{type(error).__name__}: {error}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename != "<pictor>":
            return f"{text} ({frame.filename}:{frame.lineno})"
    return text
