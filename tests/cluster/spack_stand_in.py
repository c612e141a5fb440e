# SPDX-License-Identifier: MIT
"""Reads our Spack package without Spack. usage: spack_stand_in.py package.py PREFIX
Prints, a line each: build and install and the words of make; file and what must be installed; depends and its packages."""
import sys
import types

spack = types.ModuleType('spack.package')
depends = []


class MakefilePackage:
    prefix = sys.argv[2]


def depends_on(spec, **when):
    depends.append(spec.split()[0])


spack.MakefilePackage, spack.depends_on = MakefilePackage, depends_on
spack.version = spack.license = spack.variant = lambda *words, **options: None
spack.spack_cc, spack.spack_cxx, spack.make = 'gcc', 'g++', lambda *words: print('check', *words)
sys.modules.update({'spack': types.ModuleType('spack'), 'spack.package': spack})
names = {}
exec(compile(open(sys.argv[1]).read(), sys.argv[1], 'exec'), names)
package = names['Batchmark']()
print('build', *package.build_targets)
print('install', *package.install_targets)
for file in package.sanity_check_is_file:
    print('file', file)
package.check()
print('depends', *depends)
