"""The setup script of the pjsua2 wheel, copied into pjsip-apps/src/swig/python and run there.

It differs from pjproject's own in that it puts `pjsua2_build.json` into the wheel and takes the version from
PJSUA2_WHEEL_VERSION.
"""

import os
import subprocess

from setuptools import Extension, setup


def told(target: str) -> list[str]:
    """The words that pjproject's own helper.mak prints for `target`."""
    command = ["make", "--no-print-directory", "-f", "helper.mak", target]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


setup(
    name="pjsua2",
    version=os.environ["PJSUA2_WHEEL_VERSION"],
    description="pjproject's pjsua2 for Python, built for a telephone server",
    url="https://www.pjsip.org",
    license="GPL-2.0-or-later",
    ext_modules=[
        Extension(
            "_pjsua2",
            ["pjsua2_wrap.cpp"],
            libraries=told("libs"),
            extra_compile_args=[word for word in told("cflags") if word != "-g"] + ["-g0"],
            extra_link_args=[*told("ldflags"), "-s"],
        )
    ],
    py_modules=["pjsua2"],
    packages=["pjsua2_build"],
    package_data={"pjsua2_build": ["*.json"]},
)
