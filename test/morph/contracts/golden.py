"""Writes golden.json: the bytes of each sample as Google's own protobuf for Python gives them.

    pip install grpcio-tools==1.85.1 && python test/morph/contracts/golden.py

Its values repeat those of samples.ts in protobuf's names, so neither side is taken from the other.
"""
import importlib
import json
import pathlib
import sys
import tempfile

from google.protobuf import json_format
from grpc_tools import protoc

here = pathlib.Path(__file__).parent
schemas = here.parents[2] / "schemas"
made = tempfile.mkdtemp()
files = sorted(str(file.relative_to(schemas)) for file in schemas.glob("morph/v1/*.proto"))
assert protoc.main(["protoc", f"-I{schemas}", f"--python_out={made}", *files]) == 0
sys.path.insert(0, made)
kinds = {}
for file in files:
    module = importlib.import_module(file.removesuffix(".proto").replace("/", ".") + "_pb2")
    for name in module.DESCRIPTOR.message_types_by_name:
        kinds[name] = getattr(module, name)

golden = {}
for name, values in json.loads((here / "golden.in.json").read_text()).items():
    message = json_format.ParseDict(values, kinds[name[0].upper() + name[1:]]())
    golden[name] = message.SerializeToString(deterministic=True).hex()
(here / "golden.json").write_text(json.dumps(golden, indent=2) + "\n")
