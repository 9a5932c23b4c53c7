"""Go for nbconvert: a script export that compiles.

nbconvert's script export looks for an exporter of the notebook's language in the entry point group
nbconvert.exporters.script. This one has the kernel's program write the notebook as a Go file. The program is that
of the kernelspec which the notebook names, else that of any kernelspec of Interleave's.
"""

import os
import subprocess

import nbformat
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from nbconvert.exporters.exporter import Exporter
from nbconvert.utils.exceptions import ConversionException


def find_program(name):
    """The command line that is the kernel's program, and its additions to the environment."""
    manager = KernelSpecManager()
    for candidate in [name, *sorted(manager.find_kernel_specs())]:
        try:
            spec = manager.get_kernel_spec(candidate)
        except (NoSuchKernel, TypeError, ValueError):
            continue
        if "interleave" in (spec.metadata or {}) and "serve" in spec.argv:
            argv = spec.argv[: spec.argv.index("serve")]
            return [a.replace("{resource_dir}", spec.resource_dir) for a in argv], spec.env or {}
    raise ConversionException("the kernel Interleave, which writes Go notebooks as programs, is not installed here")


class GoExporter(Exporter):
    """Writes main.go of `interleave export`."""

    file_extension = ".go"
    output_mimetype = "text/x-go"

    def from_notebook_node(self, nb, resources=None, **kw):
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        about = resources.get("metadata") or {}
        argv, env = find_program((nb.metadata.get("kernelspec") or {}).get("name") or "")
        folder = about.get("path") or "."
        done = subprocess.run(
            [*argv, "export", "--script", "--name", str(about.get("name") or "notebook") + ".ipynb", "-"],
            input=nbformat.writes(nb, version=4).encode(),
            capture_output=True,
            cwd=folder if os.path.isdir(folder) else None,
            env={**os.environ, **env},
            check=False,
        )
        said = done.stderr.decode(errors="replace").strip()
        if not done.stdout:
            raise ConversionException("the notebook could not be written as a Go program:\n" + said)
        if said:
            self.log.warning("%s", said)
        return done.stdout.decode(), resources
